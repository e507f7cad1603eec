# One object, whole: the recipe of plugreport object.  Addresses and sizes are those of Debian 12's compiler.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

prepare elf-object
explained ./prog
rm -f plugaudit.db*
recipe elf-object
