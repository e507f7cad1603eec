# Every binding that ld.so prints of this program is in the database, and nothing else is.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/bindings.sh"

need git readelf
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1
bindings_equal git --version
git init -q -b trunk source
git -C source -c user.name=a -c user.email=a@b commit -q --allow-empty -m one
# Several processes, one image behind another in one process, threads.
bindings_equal git clone -q "file://$PWD/source" copy
expect_true "several processes" [ "$(db "SELECT count(*) FROM process")" -ge 4 ]
