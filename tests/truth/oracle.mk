# Read by make after the kernel's own scripts/Makefile.build: writes down, for the directory $(obj), what make has
# come to, as lines of NAME<tab>KEY<tab>VALUE in $(ORACLE_OUT)/%$(obj), slashes as %, and goes on below it.

oracle-tab := $(subst x,,x	x)
define oracle-line


endef
# Of whichever release: the members of an object, the lists $2 of it.
oracle-lists = $(foreach list,$2,$($(1:.o=$(list))))
oracle-members = $(if $(strip $(call oracle-lists,$1,$2 -)),$(call oracle-lists,$1,$2),$1)
oracle-bare = $(patsubst $(obj)/%,%,$1)
oracle-row = $1$(oracle-tab)$2$(oracle-tab)$(strip $3)$(oracle-line)

oracle-modules := $(filter %.o,$(call oracle-bare,$(obj-m)))
# What the top Makefile links by itself, from this directory.
oracle-linked := $(foreach o,$(filter %.o,$(KBUILD_VMLINUX_OBJS)),$(if $(filter $(obj)/,$(dir $o)),$(notdir $o)))
oracle-objects := $(if $(need-builtin),$(filter %.o,$(obj-y)) $(oracle-linked))
oracle-library := $(if $(need-builtin),$(filter %.o,$(call oracle-bare,$(lib-y))))

# $@ and its kin have no value outside of a recipe, so that they can be given one.
oracle-flags = $(eval @ := $(if $(filter-out .,$(obj)),$(obj)/)$1)$(eval * := $(1:.o=))$(eval @F := $(notdir $1))$(eval @D := $(patsubst %/,%,$(dir $(if $(filter-out .,$(obj)),$(obj)/)$1)))$(call oracle-row,c-flags,$1,$(_c_flags) $(modkern_cflags))$(call oracle-row,a-flags,$1,$(_a_flags) $(modkern_aflags))

oracle-report = $(call oracle-row,makes-modules,,$(need-modorder)) \
$(call oracle-row,makes-built-in,,$(need-builtin)) \
$(call oracle-row,below,,$(subdir-ym)) \
$(call oracle-row,modules,,$(oracle-modules)) \
$(call oracle-row,objects,,$(oracle-objects)) \
$(call oracle-row,library,,$(oracle-library)) \
$(foreach m,$(oracle-modules),$(call oracle-row,members,$m,$(call oracle-members,$m,-objs -y -m))) \
$(foreach m,$(oracle-objects),$(call oracle-row,members,$m,$(call oracle-members,$m,-objs -y))) \
$(foreach o,$(sort $(filter %.o,$(call oracle-bare,$(real-obj-y) $(real-obj-m) $(lib-y) $(oracle-linked)))),$(call oracle-flags,$o))

$(file >$(ORACLE_OUT)/%$(subst /,%,$(obj)),$(oracle-report))

.PHONY: oracle
oracle: $(subdir-ym)
	@:
