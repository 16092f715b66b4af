#include <linux/version.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define NS_OF_BUFFERS "DMA_BUF"
#define NS_OF_BUS "CXL"
#else
#define NS_OF_BUFFERS DMA_BUF
#define NS_OF_BUS CXL
#endif
