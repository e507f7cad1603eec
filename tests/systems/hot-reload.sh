# Hot reload: a host that loads a plugin again after it was rebuilt.  dlclose and dlopen of the same path
# loads the new file only when nothing kept the old one: one more open, a thread-local destructor, a
# STB_GNU_UNIQUE symbol (any C++ inline variable), -z nodelete.  The ways that work: close all handles;
# or load each build under a name of its own.
# Needs no more packages than the other tests.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

prepare reload-leak
again() { # build it anew, with other flags
	echo "int version(void) { return 2; }" | $CC -shared -fPIC "$@" -Wl,-soname,plugin.so -x c - -o plugin2.so
	cp plugin2.so plugin.so.2
	echo "int version(void) { return 1; }" | $CC -shared -fPIC "$@" -Wl,-soname,plugin.so -x c - -o plugin.so
	rm -f plugaudit.db*
}

recipe reload-leak
model_agrees

again
audit ./host >program.out
expect_eq "nothing keeps it" "$(cat program.out)" 12
expect_eq "two files" "$(plugreport objects plugin.so --json | grep -c '"build_id"')" 2

# The new build is loaded under another name while the old one stays.
again
audit ./host name >program.out
expect_eq "each build has a name" "$(cat program.out)" 12

again -Wl,-z,nodelete
audit ./host >program.out
expect_match "-z nodelete" "$(plugreport why-resident plugin.so)" 'DF_1_NODELETE'

rm -f plugaudit.db*
prepare reload-unique
recipe reload-unique
model_agrees
