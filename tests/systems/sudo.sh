# sudo opens its policy plugin (sudoers.so) as /etc/sudo.conf says, and that opens more.  Run by root, sudo
# gains no privileges, so ld.so lets the recorder in; run by others it is not recorded.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need sudo
need_root "recording sudo"
explained sudo -n /bin/echo hello
expect_eq "output" "$(cat audited.out)" hello
answer=$(plugreport why-loaded sudoers.so)
expect_match "who opened it" "$answer" 'was loaded because sudo_dso_load_v1\(\).* in libsudo_util\.so\.0 opened it'
expect_match "the entry" "$(plugreport calls)" 'dlsym\(sudoers\.so, "sudoers_policy"\)'
rm -f plugaudit.db*
recipe sudo
