# NSS: libc itself opens libnss_SERVICE.so.2 for each service that /etc/nsswitch.conf names: there is no
# dlopen call of the program, and the stack at the search tells for whom.  files and dns are in libc.so.6
# since glibc 2.34.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need getent
prepare nss
explained env LD_LIBRARY_PATH="$PWD" ./prog
expect_eq "output" "$(cat audited.out)" 4711
rm -f plugaudit.db*
recipe nss
if [ -e /usr/lib/"$(uname -m)"-linux-gnu/libnss_myhostname.so.2 ] && grep -q '^hosts:.*myhostname' /etc/nsswitch.conf; then
	explained getent ahosts nobody-has-this-name.localhost
	expect_match "another package's service" "$(plugreport why-loaded libnss_myhostname.so.2)" \
		'libnss_myhostname\.so\.2 was loaded by libc itself, working for '
fi
