# A program that nobody here wrote does and says the same with the recorder, and every library that
# it loads is explained.
. "$TOP/tests/lib.sh"

case $CC in *' '*) skip "CC is more than a name" ;; esac
printf '#include <stdio.h>\nint main(void) { puts("built"); return 0; }\n' >x.c
guest "$(type -P "$CC")" -O2 -pipe -o x x.c
expect_eq "and what it builds works" "$(./x)" built
printf 'int main(void) { return undeclared; }\n' >bad.c
guest "$(type -P "$CC")" -c bad.c
