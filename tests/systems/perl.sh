# Perl XS: DynaLoader opens auto/NAME/NAME.so with RTLD_LAZY (RTLD_GLOBAL too for modules that ask), looks
# up boot_NAME and calls it.
# Needs no more packages than the other tests.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need perl
explained perl -MPOSIX -MSocket -MList::Util=sum -e 'print sum(1, 2), " ", POSIX::floor(2.5), "\n"'
rm -f plugaudit.db*
recipe perl
expect_match "the boot function" "$(plugreport calls)" 'dlsym\(POSIX\.so, "boot_POSIX"\) +from POSIX\.so'
