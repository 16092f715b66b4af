# Read by make after the kernel's own scripts/Makefile.build: adds what make has come to in the directory $(obj) to the
# file $(NSFIX_ANSWER), as lines of KIND<tab>KEY<tab>VALUE, and goes on below it. The format is read by made.py.

nsfix-tab := $(subst x,,x	x)
define nsfix-line


endef
nsfix-row = $1$(nsfix-tab)$2$(nsfix-tab)$(strip $3)$(nsfix-line)
nsfix-bare = $(if $(filter-out .,$(obj)),$(patsubst $(obj)/%,%,$1),$1)
nsfix-full = $(if $(filter-out .,$(obj)),$(obj)/)$1

# Of whichever release: the lists that an object may be made of, and whether any of them says something.
nsfix-lists = $(foreach list,$2,$($(1:.o=$(list))))
nsfix-parts = $(if $(strip $(call nsfix-lists,$1,-objs -y -m -)),$(call nsfix-row,members,$1,$(call nsfix-lists,$1,-objs -y -m)))

# $@ and its kin have no value outside of a recipe, so that they can be given one.
nsfix-target = $(eval @ := $(call nsfix-full,$1))$(eval * := $(if $(filter /%,$(obj)),$(call nsfix-full,$(1:.o=)),$(1:.o=)))$(eval @F := $(notdir $1))$(eval @D := $(patsubst %/,%,$(dir $(call nsfix-full,$1))))
nsfix-flags = $(call nsfix-target,$1)$(call nsfix-row,c,$1,$(_c_flags) $(CFLAGS_MODULE))$(call nsfix-row,a,$1,$(_a_flags) $(AFLAGS_MODULE))$(call nsfix-row,rust,$1,$(_rust_flags) $(RUSTFLAGS_MODULE))

nsfix-modules := $(call nsfix-bare,$(obj-m))
nsfix-objects := $(sort $(filter %.o,$(call nsfix-bare,$(real-obj-m))))

$(file >>$(NSFIX_ANSWER),$(call nsfix-row,directory,$(obj),$(KBUILD_EXTMOD))$(call nsfix-row,modules,,$(nsfix-modules))$(call nsfix-row,below,,$(call nsfix-bare,$(subdir-ym)))$(call nsfix-row,symbols,,$(KBUILD_EXTRA_SYMBOLS))$(call nsfix-row,before,,$(NOSTDINC_FLAGS) $(LINUXINCLUDE))$(foreach m,$(filter %.o,$(nsfix-modules)),$(call nsfix-parts,$m))$(foreach o,$(nsfix-objects),$(call nsfix-flags,$o)))

.PHONY: nsfix-answer
nsfix-answer: $(subdir-ym)
	@:
