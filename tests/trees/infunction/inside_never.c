#error not a part of the module
