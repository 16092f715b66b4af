int outside_status(void);
