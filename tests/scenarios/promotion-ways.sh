# What RTLD_LOCAL loaded joins the global scope later (elf/dl-open.c, add_to_global_update): by
# RTLD_NOLOAD|RTLD_GLOBAL, by a second dlopen with RTLD_GLOBAL, as what an RTLD_GLOBAL open needs.
# The judge is what ld.so prints with LD_DEBUG=scopes: "add ... to global scope".
. "$TOP/tests/lib.sh"

rpath=(-L. -Wl,-rpath,"$PWD" -Wl,--no-as-needed)
so libdep.so <<<'int dep(void) { return 1; }'
so libplug.so "${rpath[@]}" -ldep <<<'int plug(void) { return 1; }'
so libuser.so "${rpath[@]}" -lplug <<<'int user(void) { return 1; }'
so libstart.so <<<'int start(void) { return 1; }'
so libpre.so <<<'int pre(void) { return 1; }'
so libopener.so <<'END2'
#include <dlfcn.h>
__attribute__((constructor)) static void begin(void) { dlopen("libplug.so", RTLD_LAZY | RTLD_GLOBAL); }
END2
program prog "${rpath[@]}" -lstart <<'END2'
#include <dlfcn.h>
#include <stdio.h>
static void open_local(const char *name) { dlopen(name, RTLD_LAZY); }
static void open_global(const char *name) { dlopen(name, RTLD_LAZY | RTLD_GLOBAL); }
static void promote(const char *name) { dlopen(name, RTLD_LAZY | RTLD_GLOBAL | RTLD_NOLOAD); }
static void open_new(const char *name) { dlmopen(LM_ID_NEWLM, name, RTLD_LAZY); }
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		void (*const open)(const char *) = argv[i][0] == 'l'   ? open_local
						   : argv[i][0] == 'g' ? open_global
						   : argv[i][0] == 'm' ? open_new
								       : promote;
		open(argv[i] + 1);
	}
	return 0;
}
END2

# "OBJECT WAY ROOT CALLER", a line each
promotions() {
	"$REPORT" promotions --json >answer.json || fail "promotions: $(cat answer.json)"
	perl -MJSON::PP -0777 -ne 'for (@{decode_json($_)->{promotions}}) {
		my ($path, $root) = map { m{([^/]*)$} } @{$_}{qw(path root_path)};
		my ($caller) = $_->{caller} =~ /^(\w+)/;
		print "$path $_->{way} $root $caller\n" }' answer.json
}

global() { # LIB: how it came there, by whom
	"$REPORT" why-global --json "$1" >answer.json || fail "why-global $1: $(cat answer.json)"
	perl -MJSON::PP -0777 -ne 'for (@{decode_json($_)->{explanations}}) {
		my ($root) = $_->{root} ? $_->{root}{path} =~ m{([^/]*)$} : "-";
		print join(" ", $_->{how}, $_->{way} // "-", $root,
			   map { $_ ? ($_->{stack}[0]{function} // "?") : "-" } $_->{call}, @{$_->{local_calls}}), "\n" }' answer.json
}

run() { # ARGUMENT...
	echo "-- $*"
	mkdir -p ld-debug
	rm -f ld-debug/* "$PLUGAUDIT_DB"*
	env LD_AUDIT="$MODULE" LD_DEBUG=scopes LD_DEBUG_OUTPUT="$PWD/ld-debug/log" PLUGAUDIT_FLUSH=off \
		${before:-} ./prog "$@" || fail "prog $*: $?"
	ingest >/dev/null
	# All that ld.so adds: promotions, and what came with RTLD_GLOBAL itself.
	for lib in lib*.so; do
		expect_eq "$lib joined later" \
			"$("$REPORT" why-global --json $lib 2>/dev/null |
				grep -c -E '"how": "(opened-global|promoted)"')" \
			"$(grep -h -c "add .*/$lib \[0\] to global scope" ld-debug/log.* | awk '{ n += $1 } END { print n }')"
	done
}

run llibplug.so plibplug.so
expect_eq "by RTLD_NOLOAD" "$(promotions)" "libplug.so noload libplug.so promote
libdep.so dependency libplug.so promote"
expect_eq "its way" "$(global libplug.so)" "promoted noload libplug.so promote open_local"
expect_eq "its dependency's" "$(global libdep.so)" "promoted dependency libplug.so promote open_local"
text=$(plugreport why-global libplug.so)
expect_match "in text" "$text" \
	'^libplug.so joined the global scope [0-9.]+ ms after the start: a dlopen with RTLD_NOLOAD\|RTLD_GLOBAL promoted it\.$'
expect_match "who had it before" "$text" 'dlopen\("libplug.so", RTLD_LAZY\) called from open_local\(\) at prog.c:[0-9]+ in prog \[without RTLD_GLOBAL\]'
expect_match "who promoted" "$text" 'dlopen\("libplug.so", RTLD_LAZY\|RTLD_NOLOAD\|RTLD_GLOBAL\) called from promote\(\) at prog.c:[0-9]+ in prog \[with RTLD_GLOBAL\]'
expect_match "with its stack" "$text" '#1 +main\(\) at prog.c:[0-9]+ in prog'
run llibplug.so llibplug.so glibplug.so plibplug.so
expect_eq "by a second dlopen" "$(promotions)" "libplug.so opened-again libplug.so open_global
libdep.so dependency libplug.so open_global"
expect_eq "all that had it before" "$(global libplug.so)" \
	"promoted opened-again libplug.so open_global open_local open_local"
run llibplug.so glibuser.so
expect_eq "as a dependency" "$(promotions)" "libplug.so dependency libuser.so open_global
libdep.so dependency libuser.so open_global"
expect_eq "what brought it" "$(global libuser.so)" "opened-global - libuser.so open_global"
expect_match "as a dependency, in text" "$(plugreport why-global libdep.so)" \
	'^libdep.so joined the global scope .*: libuser.so was opened with RTLD_GLOBAL and needs it\.$'
run llibuser.so glibdep.so
expect_eq "a dependency alone" "$(promotions)" "libdep.so opened-again libdep.so open_global"
expect_eq "what needs it stays out" "$(global libplug.so)" "not-global - - - open_local"
expect_match "what stays out, in text" "$(plugreport why-global libplug.so)" \
	'^libplug.so is not in the global scope: it came with libuser.so, which was opened without RTLD_GLOBAL\.$'
run llibplug.so llibopener.so
expect_eq "by a constructor" "$(promotions)" "libplug.so opened-again libplug.so begin
libdep.so dependency libplug.so begin"
run glibplug.so plibplug.so llibplug.so
expect_eq "global from its load" "$(promotions)" ""
expect_eq "global from its load" "$(global libplug.so) $(global libdep.so)" \
	"opened-global - libplug.so open_global opened-global - libplug.so open_global"
expect_match "no promotion, in text" "$(plugreport promotions)" '^Nothing joined the global scope after it was loaded\.$'
run plibplug.so llibplug.so
expect_eq "RTLD_NOLOAD of what is not there" "$(promotions)" ""
expect_eq "it is local" "$(global libplug.so)" "not-global - - - open_local"
if glibc_at_least 2.35; then # dlmopen
run mlibplug.so llibplug.so
expect_eq "a namespace of its own" "$(global libplug.so)" "namespace - libplug.so open_new
not-global - - - open_local"
fi
before="env LD_PRELOAD=$PWD/libpre.so"
run glibstart.so
expect_eq "from the start" "$(for lib in libstart.so libc.so.6 prog 'ld-linux*'; do global "$lib" | tail -n 1; done)" "needed-at-start - prog -
needed-at-start - prog -
program - prog -
needed-at-start - prog -"
expect_match "preloaded" "$(global libpre.so)" '^preloaded - (prog|env) -$'
expect_match "in text" "$(plugreport why-global libstart.so)" '^libstart.so has been in the global scope from the start: prog needs it\.$'
status=0
plugreport why-global libplug.so >answer 2>&1 || status=$?
expect_match "not loaded at all" "$status: $(cat answer)" "^1: .*nothing called 'libplug.so' was loaded"

# What was unloaded is global no more.
before=
program closes -L. -Wl,-rpath,"$PWD" <<'END2'
#include <dlfcn.h>
int main(void)
{
	void *plug = dlopen("libplug.so", RTLD_LAZY), *again;

	dlopen("libdep.so", RTLD_LAZY | RTLD_GLOBAL);
	again = dlopen("libplug.so", RTLD_LAZY | RTLD_GLOBAL);
	dlclose(again);
	dlclose(plug);
	dlclose(dlopen("libuser.so", RTLD_LAZY | RTLD_GLOBAL));
	return 0;
}
END2
rm -f "$PLUGAUDIT_DB"*
audit ./closes
gone='until it was unloaded [0-9.]+ .?s after the start'
expect_match "opened and gone" "$(plugreport why-global libuser.so)" \
	"^libuser.so was in the global scope $gone: it was opened with RTLD_GLOBAL\.\$"
expect_match "promoted and gone" "$(plugreport why-global libplug.so)" \
	"^libplug.so joined the global scope [0-9.]+ .?s after the start: it was opened again, with RTLD_GLOBAL; it was in it $gone\.\$"
expect_match "there to the end" "$(plugreport why-global libdep.so)" \
	'^libdep.so joined the global scope [0-9.]+ .?s after the start: it was opened again, with RTLD_GLOBAL\.$'
expect_eq "in JSON" "$(for lib in libuser.so libdep.so; do plugreport why-global $lib --json |
	perl -MJSON::PP -0777 -ne 'print defined $_->{unloaded_ns} ? "gone" : "there" for decode_json($_)->{explanations}[0]'; done)" gonethere
