#define RANGER_FD 0
