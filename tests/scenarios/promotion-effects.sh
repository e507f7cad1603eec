# Which bindings went to a promoted object only because it had joined the global scope: they would have
# gone elsewhere, or failed (elf/dl-lookup.c: an object's own scopes come behind the global one).  The
# judge is the same program without the promotion.
. "$TOP/tests/lib.sh"

rpath=(-L. -Wl,-rpath,"$PWD" -Wl,--no-as-needed)
so libpromoted.so <<'END2'
int only_there(void) { return 1; }
int both(void) { return 1; }
int weakly(void) { return 1; }
int before(void) { return 1; }
int by_name(void) { return 1; }
int own(void) { return 1; }
END2
so libfallback.so <<<'int both(void) { return 2; }'
so libuser.so "${rpath[@]}" -lfallback -Wl,-z,lazy <<'END2'
int both(void), only_there(void);
int weakly(void) __attribute__((weak));
int use_both(void) { return both(); }
int use_only(void) { return only_there(); }
int use_weak(void) { return weakly ? weakly() : 0; }
END2
# Has it among its own scopes: nothing changes for it.
so libneeds.so "${rpath[@]}" -lpromoted -Wl,-z,lazy <<<'int own(void); int use_own(void) { return own(); }'
so libbefore.so -Wl,-z,lazy <<<'int before(void); int use_before(void) { return before(); }'
program prog "${rpath[@]}" <<'END2'
#include <dlfcn.h>
#include <stdio.h>
static int call(void *handle, const char *name)
{
	int (*f)(void) = (int (*)(void))dlsym(handle, name);
	return f ? f() : -1;
}
int main(int argc, char **argv)
{
	void *needs, *user;

	dlopen("libpromoted.so", RTLD_LAZY);
	needs = dlopen("libneeds.so", RTLD_LAZY);
	if (argc > 1)
		dlopen("libpromoted.so", RTLD_LAZY | RTLD_GLOBAL);
	user = dlopen("libuser.so", RTLD_LAZY);
	printf("both %d weak %d own %d by_name %d", call(user, "use_both"), call(user, "use_weak"),
	       call(needs, "use_own"), call(RTLD_DEFAULT, "by_name"));
	fflush(stdout);
	printf(" only %d\n", call(user, "use_only"));
	return 0;
}
END2
status=0
./prog >plain.out 2>plain.err || status=$?
expect_eq "without the promotion" "$status $(cat plain.out)" "127 both 2 weak 0 own 1 by_name -1"
same_run ./prog promote
expect_eq "with it" "$(cat plain.out)" "both 1 weak 1 own 1 by_name 1 only 1"
audit ./prog promote >out
plugreport why-global --json libpromoted.so >answer.json
expect_eq "what changed" "$(perl -MJSON::PP -0777 -ne 'for (@{decode_json($_)->{explanations}[0]{bound_because_of_it}}) {
	my ($from, $instead) = map { $_ ? $_->{path} =~ m{([^/]*)$} : "nobody" } @{$_}{qw(from instead)};
	print "$from $_->{symbol} $_->{kind} $instead", $_->{weak} == 1 ? " weak" : "", $_->{sure} == 1 ? "" : "?", "\n" }' \
	answer.json | sort)" "libuser.so both plt libfallback.so
libuser.so only_there plt nobody
libuser.so weakly got nobody weak
prog by_name dlsym nobody"
text=$(plugreport why-global libpromoted.so)
expect_match "found elsewhere" "$text" '^    libuser.so: both; else in libfallback.so$'
expect_match "found nowhere" "$text" '^    libuser.so: only_there; else found nowhere$'
expect_match "weak" "$text" '^    libuser.so: weakly; else unbound, as weak$'
expect_match "counted" "$(plugreport promotions)" '^ +[0-9.]+ ms  libpromoted.so +opened again .* 4 *$'
expect_match "what is not global" "$(plugreport why-global libuser.so)" 'libuser.so is not in the global scope'
