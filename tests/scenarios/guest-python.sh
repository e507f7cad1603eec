# A program that nobody here wrote does and says the same with the recorder, and every library that
# it loads is explained.
. "$TOP/tests/lib.sh"

python=$(type -P -a python3 | grep -v shims | head -1) || skip "python3 is not installed"
guest "$python" -c 'import ssl, sqlite3, ctypes, json; print(sqlite3.connect(":memory:").execute("select 6 * 7").fetchall())'
guest "$python" -c 'import subprocess, sys, os; print(subprocess.run(["echo", "from a child"], stdout=subprocess.PIPE).stdout)
pid = os.fork()
if pid == 0: os._exit(7)
print(os.waitpid(pid, 0)[1]); sys.exit(9)'
