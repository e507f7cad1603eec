# The recipes about the dynamic linker itself; the rules one by one are in tests/scenarios/dlopen-*.sh.
# Needs no more packages than the other tests.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

prepare dlopen
explained ./host
rm -f plugaudit.db*
recipe dlopen
prepare dlopen-rdynamic
explained ./host
rm -f plugaudit.db*
recipe dlopen-rdynamic
