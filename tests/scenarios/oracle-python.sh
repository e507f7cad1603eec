# What was recorded of loads and searches equals what LD_DEBUG=files,libs prints for the same run: each
# request, each path tried, in order, with its rule and owner, each link map.
. "$TOP/tests/lib.sh"

python=$(type -P -a python3 | grep -v shims | head -1) || skip "python3 is not installed"
equal_to_ld_debug "$python" -c 'import ssl, sqlite3'
equal_to_ld_debug "$python" -c 'import os, ctypes
pid = os.fork()
if pid == 0:
    import sqlite3
else:
    os.waitpid(pid, 0)
    import ssl'
