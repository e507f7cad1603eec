# ld.so(8): in secure-execution mode, as for a set-user-ID program, LD_LIBRARY_PATH is ignored, and so is
# LD_AUDIT unless it names a module without a slash that is itself set-user-ID in a trusted directory.  So
# such a program is not recorded, and `record` says so beforehand; run by its owner, it is recorded, and
# LD_LIBRARY_PATH counts.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need_root "another user's program"
id nobody >/dev/null 2>&1 || skip "there is no user nobody"
mkdir one two
so one/libplugin.so <<<'int number(void) { return 1; }'
so two/libplugin.so <<<'int number(void) { return 2; }'
program host -Wl,-rpath,"$PWD/two" <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
	void *plugin = dlopen("libplugin.so", RTLD_NOW);
	printf("%d\n", plugin ? ((int (*)(void))dlsym(plugin, "number"))() : 0);
	return 0;
}
END
judge LD_LIBRARY_PATH="$PWD/one" ./host
expect_eq "an ordinary program" "$(cat program.out)" 1
expect_match "why" "$(plugreport why-found libplugin.so)" 'was found by LD_LIBRARY_PATH'

# The user and the effective user differ: AT_SECURE.
chown nobody host
chmod 4755 host
chmod a+rx . "$(dirname "$PWD")"
expect_eq "set-user-ID" "$(LD_LIBRARY_PATH=$PWD/one ./host)" 2
rm -f "$PLUGAUDIT_DB"*
expect_match "record says so" "$(LD_LIBRARY_PATH=$PWD/one plugreport record -- ./host 2>&1)" \
	"^plugreport: .*host.*(set-user-ID|privileges)"
expect_true "nothing was recorded" [ ! -e "$PLUGAUDIT_DB" ]
