/* For the machine that builds, not for the kernel. */
#include <stdio.h>

int main(void)
{
	return printf("MODULE_IMPORT_NS(%s);\n", "DMA_BUF") < 0;
}
