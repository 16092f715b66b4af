/// case: the module has no C source at all: nothing can be inserted
/// peer: l
/// missing: t: DMA_BUF
/// left: t: DMA_BUF
/// refuse: MODULE_LICENSE|C source
/// kernels: 6.12 7.x
/// file: t.S
#include <linux/linkage.h>

	.section .modinfo, "a"
	.asciz "license=GPL"
	.text
SYM_FUNC_START(init_module)
	jmp dma_buf_get
SYM_FUNC_END(init_module)
