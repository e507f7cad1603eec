# Every binding that ld.so prints of a host with many plugins is in the database, and nothing else is.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/bindings.sh"

need readelf
apache=$(PATH=$PATH:/usr/sbin type -P apache2) || skip "apache2 is not installed"
modules=/usr/lib/apache2/modules
[ -d $modules ] || skip "there is no $modules"

{
	echo "ServerRoot $PWD"
	echo "ServerName localhost"
	echo "Listen 127.0.0.1:18081"
	echo "PidFile $PWD/pid"
	echo "ErrorLog $PWD/error.log"
	for name in mpm_event authn_core authz_core authz_host authz_user auth_basic alias dir env mime \
		negotiation setenvif status autoindex deflate filter headers include rewrite proxy \
		proxy_http socache_shmcb ssl dav session xml2enc lua ldap http2; do
		[ -e "$modules/mod_$name.so" ] && echo "LoadModule ${name}_module $modules/mod_$name.so"
	done
	echo "TypesConfig /dev/null"
} >httpd.conf || true
bindings_equal "$apache" -t -f "$PWD/httpd.conf"
expect_match "it read its configuration" "$(cat ld-debug.err)" 'Syntax OK'
expect_true "modules were loaded as plugins" [ "$(db "SELECT count(*) FROM v_object
	WHERE path LIKE '$modules/%' AND reason = 'dlopen'")" -gt 10 ]
expect_true "they use what the host and others define" [ "$(db "SELECT count(*) FROM v_binding
	WHERE from_path LIKE '$modules/%' AND to_path IS NOT NULL")" -gt 500 ]
