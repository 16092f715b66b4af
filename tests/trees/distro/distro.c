/*
 * Red Hat's kernels took the quoted spelling with a release of their own. Other kernels do not have the macros of
 * Red Hat, so they are given some. One of the two namespaces is not imported at all.
 */
#include <linux/module.h>
#include <linux/version.h>

#ifndef RHEL_RELEASE_CODE
#define RHEL_RELEASE_CODE 0
#endif
#ifndef RHEL_RELEASE_VERSION
#define RHEL_RELEASE_VERSION(major, minor) (((major) << 8) + (minor))
#endif

struct dma_buf *dma_buf_get(int fd);
void cxl_bus_rescan(void);

static int __init distro_init(void)
{
#ifdef DISTRO_RESCAN
	cxl_bus_rescan();
#endif
	return dma_buf_get(0) ? 0 : -1;
}
module_init(distro_init);

MODULE_LICENSE("GPL");
#if (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)) || \
	(RHEL_RELEASE_CODE >= RHEL_RELEASE_VERSION(10, 1))
MODULE_IMPORT_NS("DMA_BUF");
#else
MODULE_IMPORT_NS(DMA_BUF);
#endif
MODULE_DESCRIPTION("asks for the distribution");
