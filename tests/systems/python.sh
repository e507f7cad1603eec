# Python: extension modules are opened RTLD_NOW, and RTLD_LOCAL unless sys.setdlopenflags says otherwise;
# ctypes opens what it is told.  A wheel brings libraries along under hashed names, found by its
# modules' DT_RUNPATH: two wheels can each bring their copy of one library.
# Needs no more packages than the other tests.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

python=/usr/bin/python3
[ -x $python ] || skip "$python is not installed"
prepare python-wheel
explained env PYTHONDONTWRITEBYTECODE=1 $python prog.py
expect_eq "each has its own" "$(cat audited.out)" "1 1"
rm -f plugaudit.db*
export PYTHONDONTWRITEBYTECODE=1
recipe python-wheel

# With RTLD_GLOBAL the first one's library serves both.
prepare python-global
rm -f plugaudit.db*
recipe python-global
explained $python -c 'import ctypes; ctypes.CDLL("libz.so.1").zlibVersion()'
expect_match "ctypes" "$(plugreport why-loaded libz.so.1)" 'DT_NEEDED|dlopen\("libz\.so\.1", RTLD_NOW\)'
if $python -c 'import numpy' 2>/dev/null; then
	explained $python -c 'import numpy; print(numpy.dot([1.0, 2.0], [3.0, 4.0]))'
	expect_match "numpy's core" "$(plugreport why-loaded '_multiarray_umath*')" 'was loaded because .*opened it'
fi
