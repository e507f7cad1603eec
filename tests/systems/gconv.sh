# iconv: libc opens the converter that gconv-modules names from its gconv directory (GCONV_PATH first), one for
# each half of a conversion that it can't do itself; no dlopen call of the program.
# Needs no more packages than the other tests.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need iconv
prepare gconv
iconv -f UTF-8 -t ISO-8859-2 text >/dev/null 2>&1 || skip "there are no converters here"
explained iconv -f UTF-8 -t ISO-8859-2 text
rm -f plugaudit.db*
recipe gconv
explained iconv -f EUC-JP -t ISO-8859-2 /dev/null
expect_match "both halves" "$(plugreport objects '*/gconv/*')" 'EUC-JP\.so'
expect_match "its own library" "$(plugreport why-loaded libJIS.so)" 'DT_NEEDED of EUC-JP\.so'
