# A program that nobody here wrote does and says the same with the recorder, and every library that
# it loads is explained.
. "$TOP/tests/lib.sh"

need git
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE=2020-01-01T00:00:00Z GIT_COMMITTER_DATE=2020-01-01T00:00:00Z
guest git --version
git init -q -b trunk source
git -C source -c user.name=a -c user.email=a@b commit -q --allow-empty -m one
guest git -C source log --format='%H %s'
guest git ls-remote source
guest git -C source no-such-command
