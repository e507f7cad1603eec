# A program that nobody here wrote does and says the same with the recorder, and every library that
# it loads is explained.
. "$TOP/tests/lib.sh"

need java
guest "$(realpath "$(type -P java)")" -version
