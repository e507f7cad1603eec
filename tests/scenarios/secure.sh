# AT_SECURE: a set-user-id program runs as ever, nothing is recorded and nothing written.
. "$TOP/tests/lib.sh"

need_root "making a set-user-id program"
need setpriv
program prog <<'END'
#include <stdio.h>
#include <sys/auxv.h>
#include <unistd.h>
int main(void)
{
	printf("secure %lu\n", getauxval(AT_SECURE));
	return 4;
}
END
chmod 4755 prog
mkdir -m 777 open
cd open
chmod a+rx .. "$(dirname "$(dirname "$PWD")")"
user="setpriv --reuid=65534 --regid=65534 --clear-groups"
status=0
out=$($user ../prog) || status=$?
[ "$out" = "secure 1" ] || skip "set-user-id has no effect on this file system"
for module in "$MODULE" libplugaudit.so; do
	status=0
	out=$($user env LD_AUDIT="$module" LD_LIBRARY_PATH="${MODULE%/*}" PLUGAUDIT_DB="$PWD/x.db" ../prog 2>err) \
		|| status=$?
	expect_eq "exit status with $module" $status 4
	expect_eq "output with $module" "$out" "secure 1"
	expect_no_match "our lines with $module" "$(cat err)" 'plugaudit:'
	expect_eq "files written with $module" "$(find . -type f ! -name err)" ""
done

# The same for set-group-id, and for file capabilities where they can be set.
cp ../prog ../group
chmod 2755 ../group
cp ../prog ../capable
chmod 755 ../capable
setcap cap_net_bind_service+ep ../capable 2>/dev/null || rm ../capable
for program in ../group ../capable; do
	[ -e "$program" ] || continue
	status=0
	out=$($user env LD_AUDIT="$MODULE" PLUGAUDIT_DB="$PWD/x.db" $program 2>err) || status=$?
	expect_eq "$program" "$status $out" "4 secure 1"
	expect_no_match "our lines" "$(cat err)" 'plugaudit:'
	expect_eq "files written" "$(find . -type f ! -name err)" ""
done

# Even where ld.so lets the module in: set-user-id itself, in a trusted directory.
trusted=$(dirname "$(ldconfig -p | awk '/libc\.so\.6 .*x86-64|libc\.so\.6 .*AArch64/ { print $NF; exit }')")
if [ -d "$trusted" ] && unshare --mount true 2>/dev/null; then
	rm -f err
	unshare --mount sh -c '
		set -e
		mkdir -p ../upper ../work-dir ../low
		mount -t tmpfs plugaudit-test ../low
		mkdir ../low/upper ../low/work
		mount -t overlay plugaudit-test -o "lowerdir=$1,upperdir=../low/upper,workdir=../low/work" "$1"
		install -m 4755 "$2" "$1/libplugaudit.so"
		exec setpriv --reuid=65534 --regid=65534 --clear-groups \
			env LD_AUDIT=libplugaudit.so PLUGAUDIT_DB="$PWD/x.db" ../prog
	' sh "$(realpath "$trusted")" "$MODULE" >out 2>err && status=0 || status=$?
	if grep -qE 'mount|overlay' err; then
		echo "no overlay mount here: the module in a trusted directory was not tried"
	else
		expect_eq "exit status in a trusted directory" $status 4
		expect_eq "output in a trusted directory" "$(cat out)" "secure 1"
		expect_eq "files written" "$(find . -type f ! -name err ! -name out)" ""
	fi
fi
