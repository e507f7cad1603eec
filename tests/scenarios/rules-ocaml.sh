# duplicate-compilation-unit: OCaml's Dynlink runs a plugin's units one by one, looking each one's entry up.
# A unit that ran in two plugins has two states; one that was loaded and not run has none.  The plugins
# are made of symbols as ocamlopt writes them (OCaml 4, and 5 with a dot), so that no OCaml is needed.
. "$TOP/tests/lib.sh"

plugin() { # NAME UNIT...: symbols of these units
	local name=$1 symbol source=
	shift
	for symbol in caml_plugin_header "${@/%/code_begin}" "${@/%/entry}"; do
		source+="__asm__(\".data\\n.globl $symbol\\n.type $symbol,@object\\n.size $symbol,8\\n$symbol: .quad 0\\n\");"
	done
	so "$name.cmxs" <<<"$source"
}
plugin red camlCounter__ camlRed__
plugin blue camlCounter__ camlBlue__
plugin five camlCounter5. camlFive.
plugin six camlCounter5. camlSix.
program host <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv)
{
	void *handle = NULL;
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "caml", 4) != 0)
			handle = dlopen(argv[i], RTLD_NOW);
		else
			printf("%d\n", dlsym(handle, argv[i]) != NULL);
	return 0;
}
END
found() { # ARGUMENT...: what the rule says of this run
	rm -f "$PLUGAUDIT_DB"
	audit ./host "$@" >/dev/null
	plugreport check --rule duplicate-compilation-unit --fail-on never | grep '^warning' || true
}
expect_match "both ran" "$(found ./red.cmxs camlCounter__entry camlRed__entry ./blue.cmxs camlCounter__entry)" \
	'^warning duplicate-compilation-unit: the OCaml unit Counter is in red\.cmxs and blue\.cmxs: 2 copies ran'
expect_match "OCaml 5" "$(found ./five.cmxs camlCounter5.entry ./six.cmxs camlCounter5.entry)" \
	'the OCaml unit Counter5 is in five\.cmxs and six\.cmxs: 2 copies ran'
expect_eq "the second one was refused" "$(found ./red.cmxs camlCounter__entry ./blue.cmxs)" ""
expect_eq "only one has it" "$(found ./red.cmxs camlCounter__entry ./five.cmxs camlCounter5.entry)" ""
expect_match "units says so too" "$(audit ./host ./red.cmxs camlCounter__entry ./blue.cmxs >/dev/null; plugreport units)" \
	'Counter is in red\.cmxs and in blue\.cmxs, but only one of them ran'

# duplicates answers it too: is a unit of this plugin in the program, or in another plugin, already?
expect_match "duplicates" "$(plugreport duplicates | head -n 2 | tr '\n' ' ')" \
	'^OCaml unit Counter: in red\.cmxs and in blue\.cmxs +only one of them ran $'
expect_match "of one that is named" "$(plugreport duplicates red.cmxs)" \
	'^red\.cmxs: OCaml units that no other object has: Red$'
found ./red.cmxs camlCounter__entry camlRed__entry ./five.cmxs camlCounter5.entry ./six.cmxs camlCounter5.entry >/dev/null
answer=$(plugreport duplicates)
expect_match "both ran" "$answer" '^OCaml unit Counter5: in five\.cmxs and in six\.cmxs$'
expect_match "both ran" "$answer" 'split: 2 copies ran'
expect_eq "not that one" "$(plugreport duplicates red.cmxs | grep -c '^OCaml unit' || true)" 0
