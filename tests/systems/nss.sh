# NSS: libc itself opens libnss_SERVICE.so.2 for each service that /etc/nsswitch.conf names: there is no
# dlopen call of the program, and the stack at the search tells for whom.  files and dns are in libc.so.6
# since glibc 2.34.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need getent
# A service of our own in front: no file of this machine has to be changed.
so libnss_demo.so.2 <<'END'
#include <errno.h>
#include <netdb.h>
#include <nss.h>
#include <pwd.h>
#include <string.h>
enum nss_status _nss_demo_getpwnam_r(const char *name, struct passwd *pw, char *buffer, size_t length, int *error)
{
	if (strcmp(name, "demo") != 0)
		return NSS_STATUS_NOTFOUND;
	*pw = (struct passwd){.pw_name = "demo", .pw_passwd = "x", .pw_uid = 4711, .pw_gid = 4711,
		.pw_gecos = "", .pw_dir = "/", .pw_shell = "/bin/sh"};
	return NSS_STATUS_SUCCESS;
}
END
program prog <<'END'
#include <nss.h>
#include <pwd.h>
#include <stdio.h>
int __nss_configure_lookup(const char *, const char *);
int main(void)
{
	__nss_configure_lookup("passwd", "demo files");
	struct passwd *pw = getpwnam("demo");
	printf("%d\n", pw ? (int)pw->pw_uid : -1);
	return 0;
}
END
explained env LD_LIBRARY_PATH="$PWD" ./prog
expect_eq "output" "$(cat audited.out)" 4711
rm -f plugaudit.db*
recipe nss
if [ -e /usr/lib/"$(uname -m)"-linux-gnu/libnss_myhostname.so.2 ] && grep -q '^hosts:.*myhostname' /etc/nsswitch.conf; then
	explained getent ahosts nobody-has-this-name.localhost
	expect_match "another package's service" "$(plugreport why-loaded libnss_myhostname.so.2)" \
		'libnss_myhostname\.so\.2 was loaded by libc itself, working for '
fi
