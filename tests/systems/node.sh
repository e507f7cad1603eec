# node addons: process.dlopen opens the .node file with RTLD_LAZY; it calls back into the node program,
# which exports the N-API functions.
# Needs no more packages than the other tests.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need node
node=$(realpath "$(command -v node)")
so addon.so <<'END'
typedef void *napi_env, *napi_value;
int napi_create_int32(napi_env, int, napi_value *);
int napi_set_named_property(napi_env, napi_value, const char *, napi_value);
napi_value napi_register_module_v1(napi_env env, napi_value exports)
{
	napi_value answer;
	napi_create_int32(env, 42, &answer);
	napi_set_named_property(env, exports, "answer", answer);
	return exports;
}
END
mv addon.so addon.node
echo 'console.log(require("./addon.node").answer)' >prog.js
PATH=$(dirname "$node"):$PATH
explained node prog.js
expect_eq "it works" "$(cat audited.out)" 42
answer=$(plugreport why-loaded addon.node)
expect_match "who opened it" "$answer" 'dlopen\(".*/addon\.node", RTLD_LAZY\)'
expect_match "what it uses" "$(plugreport bindings --from addon.node --symbol 'napi_*')" 'napi_create_int32 .* (node|libnode\.so[.0-9]*) '
rm -f plugaudit.db*
recipe node
