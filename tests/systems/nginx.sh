# nginx dynamic modules: load_module opens each with RTLD_NOW and RTLD_GLOBAL while the configuration is read,
# and looks up ngx_modules, ngx_module_names and ngx_module_order; the module finds nginx's own functions
# because nginx is linked with -rdynamic (-Wl,-E).
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

PATH=$PATH:/usr/sbin
need nginx
module=/usr/lib/nginx/modules/ngx_http_echo_module.so
[ -e $module ] || skip "$module is not installed"
prepare nginx
explained nginx -t -c "$PWD/nginx.conf"
expect_match "it read its configuration" "$(cat audited.err)" 'test is successful'
expect_match "who opened it" "$(plugreport calls --name '*echo_module.so')" \
	'dlopen\(".*echo_module\.so", RTLD_NOW\|RTLD_GLOBAL\)'
expect_match "the table" "$(plugreport calls)" 'dlsym\(ngx_http_echo_module\.so, "ngx_modules"\)'
expect_match "the program's functions" "$(plugreport bindings --from ngx_http_echo_module.so --to nginx)" 'ngx_'
rm -f plugaudit.db*
recipe nginx
