# node addons: process.dlopen opens the .node file with RTLD_LAZY; it calls back into the node program,
# which exports the N-API functions.
# Needs no more packages than the other tests.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need node
node=$(realpath "$(command -v node)")
prepare node
PATH=$(dirname "$node"):$PATH
explained node prog.js
expect_eq "it works" "$(cat audited.out)" 42
answer=$(plugreport why-loaded addon.node)
expect_match "who opened it" "$answer" 'dlopen\(".*/addon\.node", RTLD_LAZY\)'
expect_match "what it uses" "$(plugreport bindings --from addon.node --symbol 'napi_*')" 'napi_create_int32 .* (node|libnode\.so[.0-9]*) '
rm -f plugaudit.db*
recipe node
