# Apache: LoadModule opens each module with RTLD_NOW and RTLD_GLOBAL (apr_dso_load), in the order of the
# configuration; a module that counts on another one's functions must come behind it.  The server reads its
# configuration twice, so modules are opened, closed, and opened again.
# Needs no more packages than the other tests.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

PATH=$PATH:/usr/sbin
need apache2
modules=/usr/lib/apache2/modules
configure() { # MODULE...
	printf '%s\n' "ServerRoot $PWD" "ServerName localhost" "Listen 127.0.0.1:18082" "PidFile $PWD/pid" \
		"ErrorLog $PWD/error.log" "LoadModule mpm_event_module $modules/mod_mpm_event.so"
	for name; do echo "LoadModule ${name}_module $modules/mod_$name.so"; done
}
configure authz_core proxy proxy_http alias rewrite >httpd.conf
explained apache2 -t -f "$PWD/httpd.conf"
expect_match "who uses proxy's functions" "$(plugreport bindings --from mod_proxy_http.so --to mod_proxy.so)" \
	'proxy_http\.so +ap_proxy_'
rm -f plugaudit.db*
recipe apache

# The wrong order: mod_proxy_http finds nobody who has ap_proxy_*.
configure authz_core proxy_http proxy >wrong.conf
rm -f plugaudit.db*
recipe apache-order
