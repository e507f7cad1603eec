# A program that nobody here wrote does and says the same with the recorder, and every library that
# it loads is explained.
. "$TOP/tests/lib.sh"

apache=$(PATH=$PATH:/usr/sbin type -P apache2) || skip "apache2 is not installed"
modules=/usr/lib/apache2/modules
[ -d $modules ] || skip "there is no $modules"

# A configuration of our own: every module that needs no further settings.
{
	echo "ServerRoot $PWD"
	echo "ServerName localhost"
	echo "Listen 127.0.0.1:18080"
	echo "PidFile $PWD/pid"
	echo "ErrorLog $PWD/error.log"
	for name in mpm_event authn_core authz_core authz_host authz_user auth_basic alias dir env mime \
		negotiation setenvif status autoindex cgid deflate filter headers include rewrite proxy \
		proxy_http proxy_fcgi socache_shmcb ssl dav dav_fs dbd session xml2enc lua ldap http2; do
		[ -e "$modules/mod_$name.so" ] && echo "LoadModule ${name}_module $modules/mod_$name.so"
	done
	echo "TypesConfig /dev/null"
} >httpd.conf || true
guest "$apache" -t -f "$PWD/httpd.conf"
expect_match "it read its configuration" "$(cat plain.err)" 'Syntax OK'
expect_true "modules were loaded as plugins" [ "$(db "SELECT count(*) FROM v_object
	WHERE path LIKE '$modules/%' AND reason = 'dlopen'")" -gt 10 ]
guest "$apache" -M -f "$PWD/httpd.conf"
