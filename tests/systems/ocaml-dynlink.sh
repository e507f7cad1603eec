# OCaml's Dynlink, native: loadfile opens a plugin (.cmxs) with RTLD_GLOBAL, loadfile_private without.
# A unit that two plugins bring has two states when both are private; loadfile refuses the second one,
# and a plugin that counts on a unit of a private one can't be loaded.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need ocamlopt
prepare ocaml-twice

explained ./host +./red.cmxs +./blue.cmxs
rm -f plugaudit.db
recipe ocaml-twice
answer=$(plugreport duplicates)
expect_match "duplicates names the unit" "$answer" '^OCaml unit Counter: in red\.cmxs and in blue\.cmxs$'
expect_match "each has a state" "$answer" 'split: 2 copies ran'
expect_match "who is bound to it" "$answer" 'bound to it: itself \([0-9]+ references\)'
expect_match "check" "$(plugreport check)" '^warning duplicate-compilation-unit: the OCaml unit Counter is in red\.cmxs and blue\.cmxs'
rm -f plugaudit.db
recipe ocaml-missing

# Side by side: one counter, two users; both are bound to the unit of the first plugin.
explained ./host ./counter.cmxs ./bare_red.cmxs ./bare_blue.cmxs
expect_eq "one state" "$(cat audited.out)" "red: 1
blue: 2"
answer=$(plugreport units Counter)
expect_match "bound to it" "$answer" 'bare_red\.cmxs +Counter +counter\.cmxs +1'
expect_match "bound to it" "$answer" 'bare_blue\.cmxs +Counter +counter\.cmxs +1'
expect_no_match "once" "$answer" 'copies|is in'
expect_match "values are named" "$(plugreport bindings --from bare_blue.cmxs --to host)" ' Api\.register '
expect_match "stacks go through OCaml" "$(plugreport why-loaded bare_blue.cmxs)" 'Host\.load.* at host\.ml:4 in host'

# Both with loadfile: Dynlink refuses the second, though ld.so has loaded it.
audit ./host ./red.cmxs ./blue.cmxs >out
answer=$(plugreport units)
expect_match "refused" "$answer" 'Counter +blue\.cmxs +not run'
expect_match "of the first" "$answer" 'Counter +red\.cmxs +run +loadfile: dlopen\("\./red\.cmxs", RTLD_NOW\|RTLD_GLOBAL\)'
expect_match "said" "$answer" 'Counter is in red\.cmxs and in blue\.cmxs, but only one of them ran'
# ocamlopt's code finds its own unit through symbols that others can take over.
expect_match "bound to the other's" "$answer" 'blue\.cmxs has Counter, and is bound to that of red\.cmxs'

# A plugin that brings a unit of the program along: is a unit of this plugin in the host already?
rm -f plugaudit.db
recipe ocaml-bundle
expect_match "in the program and in the plugin" "$(plugreport units)" '^ +Api is in host and in bundle\.cmxs'
plugreport duplicates --json bundle.cmxs >bundle.json
expect_eq "for programs" "$(sqlite3 -batch :memory: "SELECT json_extract(u.value, '$.unit'), json_extract(u.value, '$.run'),
	json_extract(c.value, '$.plugin'), json_extract(c.value, '$.state') FROM
	json_each(readfile('bundle.json'), '$.processes[0].ocaml_units') u, json_each(u.value, '$.copies') c")" \
	"Api|1|0|run
Api|1|1|not run"
# It needs no files: what a packed database knows is enough.
plugreport pack -o packed.db >/dev/null
mv host host.away
mv bundle.cmxs bundle.away
expect_eq "packed" "$(plugreport -d packed.db duplicates bundle.cmxs | grep -c '^OCaml unit Api')" 1
mv host.away host
mv bundle.away bundle.cmxs

# With a unit of its own only, the answer is no.
audit ./host +./counter.cmxs >out
expect_match "nowhere else" "$(plugreport duplicates counter.cmxs)" \
	'^counter\.cmxs: OCaml units that no other object has: Counter$'
