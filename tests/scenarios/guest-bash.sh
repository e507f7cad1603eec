# A program that nobody here wrote does and says the same with the recorder, and every library that
# it loads is explained.
. "$TOP/tests/lib.sh"

guest bash --version
guest bash -c 'echo "$((6 * 7))"; ls /usr/bin | wc -l; (exit 4); echo $?; cat < <(echo piped); exit 3'
