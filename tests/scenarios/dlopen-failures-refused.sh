# What dlopen refuses although all of it is there: static TLS beyond ld.so's reserve (glibc
# elf/dl-reloc.c, _dl_allocate_static_tls) and an executable stack (elf/dl-load.c; refused since 2.41,
# before where the system refuses it, as SELinux does).  The judge is dlerror().
. "$TOP/tests/lib.sh"

program host <<'C'
#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* As SELinux without execstack: mprotect(..., PROT_GROWSDOWN) fails. */
static void refuse_stacks(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x01000000, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		puts("no seccomp");
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "refuse") == 0)
			refuse_stacks();
		else
			puts(dlopen(argv[i], RTLD_NOW) ? "opened" : dlerror());
	}
	return 0;
}
C

# failures LIBRARY...: what dlerror() says, into the file dlerror; of each failed call, by JSON, what
# plugreport says
failures() {
	rm -f "$PLUGAUDIT_DB"*
	audit ./host "$@" >dlerror
	plugreport calls --json >answer.json
	perl -MJSON::PP -0777 -ne 'for (@{decode_json($_)->{calls}}) { my $f = $_->{failure} or next;
		print "$f->{kind}", $f->{sure} == 1 ? "" : "?", ": $f->{message}\n" }' answer.json
}
tls_error='cannot allocate memory in static TLS block'

# More than there ever is.
so big.so -ftls-model=initial-exec <<<'__thread char big[100000]; char *f(void) { return big; }'
found=$(failures ./big.so)
expect_match "dlerror()" "$(cat dlerror)" "big\.so: $tls_error"
expect_eq "too much" "$found" \
	"static-tls: big.so wants 97.7 KiB of static TLS, of which ld.so keeps 1.6 KiB for later"
expect_eq "check: the load is the finding, and the only one" "$(rules_of)" "error failed-load big.so host"
expect_match "check" "$(message_of failed-load)" 'big\.so could not be loaded: big\.so wants 97\.7 KiB of static TLS'

# Each is small, and what came before it took the rest.
for name in one two three; do
	so $name.so -ftls-model=initial-exec <<<"static __thread char room[700]; char *$name(void) { return room; }"
done
found=$(failures ./one.so ./two.so ./three.so)
expect_match "dlerror()" "$(tail -1 dlerror)" "three\.so: $tls_error"
expect_eq "used up" "$found" "static-tls: three.so wants 700 bytes of static TLS, of which ld.so keeps 1.6 KiB for later, and others have taken 1.4 KiB"
expect_eq "check" "$(rules_of)" "error failed-load three.so host
warning static-tls one.so two.so"
expect_match "who has it is told" "$(message_of static-tls)" 'one\.so and two\.so were loaded by dlopen and take 1\.4 KiB of static TLS'

# With a larger reserve all three fit: not a word of failures.
export GLIBC_TUNABLES=glibc.rtld.optional_static_tls=4096
expect_eq "a larger reserve" "$(failures ./one.so ./two.so ./three.so)" ""
expect_eq "a larger reserve" "$(sort -u dlerror)" opened
unset GLIBC_TUNABLES

# It is somebody else's: who wants it has none of its own.
so libowner.so <<<'__thread char room[5000]; __thread int shared; int *own(void) { return &shared; }'
so wants.so -ftls-model=initial-exec -L. -lowner -Wl,-rpath,"$PWD" \
	<<<'extern __thread int shared; int wants(void) { return shared; }'
found=$(failures ./wants.so)
expect_match "dlerror()" "$(cat dlerror)" "libowner\.so: $tls_error"
expect_eq "another one's" "$found" "static-tls: wants.so wants 4.9 KiB of static TLS for libowner.so, of which ld.so keeps 1.6 KiB for later"
# Nothing is wrong with the owner alone.
expect_eq "the owner alone" "$(failures ./libowner.so)" ""

# With an auditor, what the program is linked with has no more room than that either.  The judge is
# the run without one, and one with the room that is advised.
so libstart.so -ftls-model=initial-exec <<<'__thread char start[3000]; char *start_of(void) { return start; }'
so libmore.so -ftls-model=initial-exec <<<'__thread char more[3000]; char *more_of(void) { return more; }'
program linked -L. -Wl,--no-as-needed -lmore -lstart -Wl,-rpath,"$PWD" \
	<<<'char *start_of(void), *more_of(void); int main(void) { return start_of()[0] + more_of()[0]; }'
program parent <<<'#include <stdlib.h>
int main(void) { return system("./linked 2>child.err") == 0; }'
expect_true "it starts" ./linked
rm -f "$PLUGAUDIT_DB"*
status=0
plugreport record -o "$PLUGAUDIT_DB" -- ./linked 2>err || status=$?
if [ $status -eq 0 ]; then
	echo "it starts here with an auditor, too"
else
	expect_match "ld.so" "$(cat err)" "libstart\.so: $tls_error"
	expect_match "record tells what helps" "$(cat err)" \
		"'./linked' ended before it began: .* static TLS of libstart\.so; run it with GLIBC_TUNABLES=glibc\.rtld\.optional_static_tls=8192"
	status=0
	(export GLIBC_TUNABLES=glibc.rtld.optional_static_tls=8192; plugreport record -q -o ok.db -- ./linked) || status=$?
	expect_eq "it does" $status 0
	expect_eq "nothing to report then" "$(plugreport -d ok.db check --rule failed-load | head -1)" "nothing found in 1 process"
	expect_eq "check" "$(rules_of)" "error failed-load libstart.so"
	expect_match "check" "$(message_of failed-load)" '5\.9 KiB of static TLS are wanted, of which ld\.so has 1\.6 KiB when'
	rm -f "$PLUGAUDIT_DB"*
	plugreport record -q -o "$PLUGAUDIT_DB" -- ./parent
	expect_match "a child's" "$(cat child.err)" "$tls_error"
	expect_eq "a child's" "$(rules_of)" "error failed-load libstart.so"
fi

# An executable stack that is refused: the file is found, and never opened.
so asks.so -Wl,-z,execstack <<<'int asks;'
refuse=refuse
! glibc_at_least 2.41 || refuse=
# shellcheck disable=SC2086
found=$(failures $refuse "$PWD/asks.so")
! grep -q 'no seccomp' dlerror || skip "there is no seccomp"
expect_match "dlerror()" "$(cat dlerror)" 'cannot enable executable stack as shared object requires'
expect_eq "an executable stack" "$found" \
	"exec-stack?: $PWD/asks.so asks for an executable stack, which ld.so (since glibc 2.41) or the system refuses"
expect_eq "check" "$(rules_of)" "error failed-load host"
# shellcheck disable=SC2086
expect_match "by a relative path" "$(failures $refuse ./asks.so)" '^exec-stack\?: \./asks\.so asks for'
expect_match "check" "$(message_of failed-load)" 'asks\.so could not be loaded: .*asks for an executable stack'
# ... by a dependency of what was opened
so needs.so ./asks.so <<<'extern int asks; int *needs(void) { return &asks; }'
# shellcheck disable=SC2086
found=$(LD_LIBRARY_PATH=$PWD failures $refuse "$PWD/needs.so")
expect_eq "a dependency's" "$found" \
	"exec-stack?: $PWD/asks.so asks for an executable stack, which ld.so (since glibc 2.41) or the system refuses; needs.so needs it"
# The near miss: a file that is fine but is not there, beside one that asks for a stack.
# shellcheck disable=SC2086
expect_match "not found" "$(failures $refuse libnothere.so)" '^not-found'
