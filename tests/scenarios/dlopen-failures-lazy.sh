# dlopen(3), RTLD_LAZY: "references to functions are resolved when they are called", references to
# data at once.  So a lazy load fails for the data that nobody defines, not for the functions.
. "$TOP/tests/lib.sh"

so plugin.so -Wl,-z,lazy <<'END'
void a_missing_function(void);
extern int missing_data;
void z_missing_function(void);
int plugin(void) { a_missing_function(); z_missing_function(); return missing_data; }
END
program host <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
	if (!dlopen("./plugin.so", RTLD_LAZY))
		puts(dlerror());
	return 0;
}
END
same_run ./host
expect_match "what ld.so says" "$(cat plain.out)" 'undefined symbol: missing_data'
expect_match "calls" "$(plugreport calls --all)" 'missing_data'
expect_no_match "calls" "$(plugreport calls --all)" '[az]_missing_function'
expect_match "check" "$(plugreport check)" 'failed-load.*'
expect_match "check" "$(plugreport check)" 'defines missing_data'
