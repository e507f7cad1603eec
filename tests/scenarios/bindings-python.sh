# Every binding that ld.so prints of this program is in the database, and nothing else is.  numpy is
# large, asks for symbols without versions, and brings libraries with IFUNCs.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/bindings.sh"

need readelf
python=$(type -P -a python3 | grep -v shims | head -1) || skip "python3 is not installed"
numpy=
if "$python" -c 'import numpy' 2>/dev/null; then
	numpy=,numpy
else
	echo "python3's numpy is not installed: without it"
fi
bindings_equal "$python" -c "import ssl,sqlite3$numpy"
expect_eq "it works" "$bindings_status" 0
# Children of several kinds (subprocess uses vfork; it must leave ld.so's log open), libraries through
# ctypes.
bindings_equal "$python" -c 'import ctypes, os, subprocess, threading
libm = ctypes.CDLL("libm.so.6")
libm.cbrt.restype = ctypes.c_double
pid = os.fork()
if pid == 0:
    import sqlite3
    sqlite3.connect(":memory:").execute("SELECT random()")
    os._exit(0)
os.waitpid(pid, 0)
subprocess.run(["true"], close_fds=False)
import math
threads = [threading.Thread(target=lambda: __import__("ssl")) for i in range(4)]
for t in threads: t.start()
for t in threads: t.join()
print(libm.cbrt(ctypes.c_double(8)), math.lgamma(2.5))'
expect_eq "it works" "$bindings_status" 0
