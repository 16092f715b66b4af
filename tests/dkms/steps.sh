#!/bin/bash
# The steps of `dkms build` (Debian 12 has 3.0.10), over a copy of a package's sources at $dkms_tree/$module/$module_version/build.
# Usage: steps.sh name DKMS_CONF, which prints PACKAGE_NAME and PACKAGE_VERSION, each ended by a zero byte; and
# steps.sh say|prepare|build, with all of these in the environment:
#   module module_version kernelver arch kernel_source_dir dkms_tree
#   kernel_modules: a directory to stand for /lib/modules, or nothing
#   bin: a directory with a make that records its calls
# say      prints what dkms.conf comes to: KEY=value, each ended by a zero byte
# prepare  applies its patches and runs its PRE_BUILD
# build    runs its CLEAN and its MAKE
set -u
if [ -n "${kernel_modules-}" ]; then
	mount --bind "$kernel_modules" /lib/modules || exit 125
	unset kernel_modules
fi
set +u
if [ "$1" = name ]; then
	. "$2" >/dev/null 2>&1
	printf '%s\0' "$PACKAGE_NAME" "$PACKAGE_VERSION"
	exit
fi
step=$1
set --
build_dir=$dkms_tree/$module/$module_version/build
parallel_jobs=2
conf=$build_dir/dkms.conf

# dkms reads the file in a shell of its own and gives what it finds to another, so that values are expanded twice.
read_again() {
	local name index
	for name in PACKAGE_NAME PACKAGE_VERSION PRE_BUILD CLEAN BUILD_EXCLUSIVE_KERNEL BUILD_EXCLUSIVE_ARCH \
		BUILD_EXCLUSIVE_CONFIG MAKE MAKE_MATCH PATCH PATCH_MATCH BUILT_MODULE_NAME BUILT_MODULE_LOCATION; do
		local -n list=$name
		for index in "${!list[@]}"; do
			# unquoted: line ends become blanks there
			printf '%s[%s]="%s"\n' "$name" "$index" "$(set -f && echo ${list[index]})"
		done
	done
}
said=$(. "$conf" >/dev/null && read_again) || exit 124
unset MAKE
eval "$said"

excluded() {
	local option
	[[ $BUILD_EXCLUSIVE_KERNEL && ! $kernelver =~ $BUILD_EXCLUSIVE_KERNEL ]] && echo "BUILD_EXCLUSIVE_KERNEL=$BUILD_EXCLUSIVE_KERNEL"
	[[ $BUILD_EXCLUSIVE_ARCH && ! $arch =~ $BUILD_EXCLUSIVE_ARCH ]] && echo "BUILD_EXCLUSIVE_ARCH=$BUILD_EXCLUSIVE_ARCH"
	for option in $BUILD_EXCLUSIVE_CONFIG; do
		if grep -Eq "^${option#!}=[ym]" "$kernel_source_dir/.config"; then
			[[ $option != !* ]]
		else
			[[ $option == !* ]]
		fi || echo "BUILD_EXCLUSIVE_CONFIG=$option"
	done
}

make_line() {
	local line='' index
	[[ ${MAKE_MATCH[0]} ]] || line=${MAKE[0]}
	for index in "${!MAKE[@]}"; do
		[[ ${MAKE[index]} && ${MAKE_MATCH[index]} && $kernelver =~ ${MAKE_MATCH[index]} ]] && line=${MAKE[index]}
	done
	printf '%s' "${line:-make -C $kernel_source_dir M=$build_dir}"
}

case $step in
say)
	printf 'excluded=%s\0' "$(excluded)"
	printf 'make=%s\0' "$(make_line)"
	printf 'prebuild=%s\0' "$PRE_BUILD"
	for index in "${!BUILT_MODULE_NAME[@]}"; do
		where=${BUILT_MODULE_LOCATION[index]}
		printf 'module=%s\0' "${where:+${where%/}/}${BUILT_MODULE_NAME[index]}"
	done
	;;
prepare)
	cd "$build_dir" || exit 123
	for index in "${!PATCH[@]}"; do
		if [[ ! ${PATCH_MATCH[index]} || $kernelver =~ ${PATCH_MATCH[index]} ]]; then
			patch -p1 <"patches/${PATCH[index]}" || exit 122
		fi
	done
	if [[ $PRE_BUILD && -x $build_dir/${PRE_BUILD%% *} ]]; then
		# shellcheck disable=SC2086
		exec "$build_dir"/$PRE_BUILD
	fi
	;;
build)
	cd "$build_dir" || exit 123
	PATH=$bin:$PATH
	eval "${CLEAN:-make -C $kernel_source_dir M=$build_dir clean}" >/dev/null 2>&1
	line=$(make_line)
	eval "{ ${line/#make/make -j$parallel_jobs KERNELRELEASE=$kernelver}; }"
	;;
esac
