# PAM: pam_start reads the service's file, and each module is opened with RTLD_NOW when it is first needed,
# its pam_sm_* functions looked up one by one.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

[ -e /usr/include/security/pam_appl.h ] || skip "libpam0g-dev is not installed"
prepare pam
explained ./prog
expect_eq "output" "$(head -n 1 audited.out)" Success
rm -f plugaudit.db*
recipe pam
