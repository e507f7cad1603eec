# Apache: LoadModule opens each module with RTLD_NOW and RTLD_GLOBAL (apr_dso_load), in the order of the
# configuration; a module that counts on another one's functions must come behind it.  The server reads its
# configuration twice, so modules are opened, closed, and opened again.
# Needs no more packages than the other tests.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

PATH=$PATH:/usr/sbin
need apache2
prepare apache
explained apache2 -t -f "$PWD/httpd.conf"
expect_match "who uses proxy's functions" "$(plugreport bindings --from mod_proxy_http.so --to mod_proxy.so)" \
	'proxy_http\.so +ap_proxy_'
rm -f plugaudit.db*
recipe apache

# The wrong order: mod_proxy_http finds nobody who has ap_proxy_*.
prepare apache-order
rm -f plugaudit.db*
recipe apache-order
