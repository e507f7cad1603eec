# PAM: pam_start reads the service's file, and each module is opened with RTLD_NOW when it is first needed,
# its pam_sm_* functions looked up one by one.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

[ -e /usr/include/security/pam_appl.h ] || skip "libpam0g-dev is not installed"
mkdir pam.d
printf '%s\n' "auth required pam_permit.so" "account required pam_deny.so" "account required pam_warn.so" >pam.d/demo
program prog -lpam <<'END'
#include <security/pam_appl.h>
#include <stdio.h>
int main(void)
{
	struct pam_conv conversation = {0};
	pam_handle_t *pam;
	if (pam_start_confdir("demo", "nobody", &conversation, "pam.d", &pam) != PAM_SUCCESS)
		return 2;
	printf("%s\n", pam_strerror(pam, pam_authenticate(pam, 0)));
	printf("%s\n", pam_strerror(pam, pam_acct_mgmt(pam, 0)));
	return pam_end(pam, PAM_SUCCESS);
}
END
explained ./prog
expect_eq "output" "$(head -n 1 audited.out)" Success
rm -f plugaudit.db*
recipe pam
