#error taken out of the list
