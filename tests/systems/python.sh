# Python: extension modules are opened RTLD_NOW, and RTLD_LOCAL unless sys.setdlopenflags says otherwise;
# ctypes opens what it is told.  A wheel brings libraries along under hashed names, found by its
# modules' DT_RUNPATH: two wheels can each bring their copy of one library.
# Needs no more packages than the other tests.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

python=/usr/bin/python3
[ -x $python ] || skip "$python is not installed"
# Two wheels, each with its own zlib-like library under a name with a hash.
wheel() { # NAME HASH
	mkdir -p "$1" "$1.libs"
	so "$1.libs/libtable-$2.so.1" <<<'int entries; int add(void) { return ++entries; }'
	so "$1/_native.so" -L"$1.libs" "-l:libtable-$2.so.1" -Wl,-rpath,"\$ORIGIN/../$1.libs" <<END
int add(void);
int PyModule_AddIntConstant(void *, const char *, long);
void *PyModule_Create2(void *, int);
static struct { long count; void *type, *init; long index; void *copy; const char *name, *doc; long size;
	void *rest[5]; } module = { .count = 1, .name = "$1._native", .size = -1 };
void *PyInit__native(void)
{
	void *m = PyModule_Create2(&module, 1013);
	PyModule_AddIntConstant(m, "entries", add());
	return m;
}
END
	echo "from ._native import entries" >"$1/__init__.py"
}
wheel red 1a2b3c4d
wheel blue 9f8e7d6c
cat >prog.py <<'END'
import sys
sys.path.insert(0, ".")
import red, blue
print(red.entries, blue.entries)
END
explained env PYTHONDONTWRITEBYTECODE=1 $python prog.py
expect_eq "each has its own" "$(cat audited.out)" "1 1"
rm -f plugaudit.db*
export PYTHONDONTWRITEBYTECODE=1
recipe python-wheel

# With RTLD_GLOBAL the first one's library serves both.
sed -i 's/^import red/import os\nsys.setdlopenflags(os.RTLD_NOW | os.RTLD_GLOBAL)\nimport red/' prog.py
rm -f plugaudit.db*
recipe python-global
explained $python -c 'import ctypes; ctypes.CDLL("libz.so.1").zlibVersion()'
expect_match "ctypes" "$(plugreport why-loaded libz.so.1)" 'DT_NEEDED|dlopen\("libz\.so\.1", RTLD_NOW\)'
if $python -c 'import numpy' 2>/dev/null; then
	explained $python -c 'import numpy; print(numpy.dot([1.0, 2.0], [3.0, 4.0]))'
	expect_match "numpy's core" "$(plugreport why-loaded '_multiarray_umath*')" 'was loaded because .*opened it'
fi
