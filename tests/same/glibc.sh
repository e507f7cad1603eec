# shellcheck shell=bash
# glibc's own tests of its dynamic linker and of dlopen, built against the system's glibc: what could
# not be built is told with the reason.  Debian's package glibc-source has them.
. "$TOP/tests/same/lib.sh"

tarball=$(ls /usr/src/glibc/glibc-*.tar.xz 2>/dev/null | tail -n 1)
version=${tarball##*/glibc-}
version=${version%.tar.xz}
if [ -z "$tarball" ] || [ "$version" != "$(getconf GNU_LIBC_VERSION | sed 's/glibc //')" ]; then
	skip_one glibc "the source of this system's glibc is not installed (glibc-source)"
	exit 0
fi
mkdir source build
tar -C source --strip-components=1 -xf "$tarball" "glibc-$version/elf" "glibc-$version/dlfcn" \
	"glibc-$version/support" "glibc-$version/include" "glibc-$version/malloc" "glibc-$version/misc" \
	"glibc-$version/sysdeps/generic" "glibc-$version/sysdeps/x86_64/stackinfo.h" "glibc-$version/test-skeleton.c"
echo "building glibc's tests"
python3 "$TOP/tests/same/glibc-build.py" "$PWD/source" "$PWD/build" "$CC" >list || echo "not ok glibc: its tests could not be built"
sed -n 's/^no /not built: /p' list
export LD_LIBRARY_PATH=$PWD/build
while read -r _ name directory environment; do
	options=()
	case $name in
	# dlpi_adds and dlpi_subs count the auditors' objects, and TLS module numbers begin after theirs.
	tst-dlmodcount | tst-tls-dlinfo) options=(--ignore stdout --ignore '*: descriptor 1') ;;
	# ld.so gives up before any code of the program ran, and before the recorder closes its file.
	tst-p_align3) options=(--ignore '*: descriptor 3') ;;
	# Its malloc, which ld.so calls for any auditor before the program has its TLS, crashes.
	tst-recursive-tls) options=(--against "$NULL_MODULE" --ignore '*: descriptor 3') ;;
	tst-tlsalign) environment="$environment GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384" ;;
	esac
	# shellcheck disable=SC2086 # words
	same "$directory/$name" "${options[@]}" --seconds 100 env $environment "$PWD/build/$name"
done < <(grep '^run ' list)
echo "$(grep -c '^run ' list) of $(wc -l <list) tests of glibc $version could be built"
