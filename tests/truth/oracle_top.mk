# Read by make after the kernel's own top Makefile: starts make in the directories that it names.

oracle-directories := $(or $(strip $(build-dirs)),$(strip $(vmlinux-dirs)),$(build-dir))

.PHONY: oracle-start oracle-sources $(addprefix oracle/,$(oracle-directories))
oracle-start: $(addprefix oracle/,$(oracle-directories))
	@:
$(addprefix oracle/,$(oracle-directories)): oracle/%:
	+@$(MAKE) $(build)=$* need-builtin=1 need-modorder=1

# What would be done to make ORACLE_OBJECTS of ORACLE_DIRECTORY; nothing is.
oracle-sources:
	+@$(MAKE) -n -f $(srctree)/scripts/Makefile.build obj=$(ORACLE_DIRECTORY) need-builtin=1 need-modorder=1 $(ORACLE_OBJECTS)
