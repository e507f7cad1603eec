# shellcheck shell=bash
# Every program that is installed here, started with --version: is it the same with the recorder, does
# the database have all that LD_DEBUG prints of the same run, and would the model have bound each
# reference likewise?  Not one of the lists that run by themselves: tests/same/run installed.
# INSTALLED='GLOB ...' takes only programs with such names.
. "$TOP/tests/same/lib.sh"

PATH=/usr/bin:/usr/sbin:/usr/games
# Room for what links jemalloc: libplugaudit(7), "What any auditor does to a program".
export GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384

# What may act whatever it is asked, or is for a terminal.
acts() {
	case $1 in
	*halt | reboot | poweroff | shutdown | init | telinit | runlevel | kexec* | killall* | pkill | skill | snice | wall | write) ;;
	mkfs* | mke2fs | mkswap | *fsck* | badblocks | wipefs | blkdiscard | *fdisk | parted | *part | *partx | swapo*) ;;
	*mount* | losetup | fsfreeze | e2* | resize* | tune2fs | debugfs | logsave | raw | hwclock | rfkill) ;;
	insmod | rmmod | modprobe | depmod | kmod | ldconfig | iconvconfig | locale-gen | sync) ;;
	rm | rmdir | unlink | shred | truncate | dd | yes | script* | screen | tmux) ;;
	dpkg* | apt* | debconf* | update-* | invoke-rc.d | service | start-stop-daemon | systemd* | *ctl) ;;
	user* | group* | adduser | deluser | *passwd | *shadow* | newusers | vipw | vigr | ch?sh | chfn | *pwconv) ;;
	cron* | at | atd | batch | *getty | *login | su | sg | newgrp | run* | sshd | dhclient | wpa* | Xorg | Xvfb) ;;
	*) return 1 ;;
	esac
}

wanted() {
	local glob

	[ -n "${INSTALLED:-}" ] || return 0
	for glob in $INSTALLED; do
		# shellcheck disable=SC2053 # a pattern
		[[ $1 != $glob ]] || return 0
	done
	return 1
}

# A program without a dynamic linker, or with other rights than the caller's, is not recorded.
recordable() { # PATH
	[ -f "$1" ] && [ -x "$1" ] && [ ! -u "$1" ] && [ ! -g "$1" ] &&
		[ "$(head -c 4 "$1" | tail -c 3)" = ELF ] && readelf -lW "$1" 2>/dev/null | grep -q 'interpreter: /lib'
}

# A child may outlive the program by a moment.
all_ingested() {
	for _ in 1 2 3 4 5 6 7 8; do
		ingest >/dev/null 2>&1
		compgen -G "$PLUGAUDIT_DB.*" >/dev/null || return 0
		sleep 0.5
	done
}

# One that closes all descriptors closes ld.so's log: then the database has more than that.
bindings() { # NAME PATH
	local lines

	rm -rf ld-debug "$PLUGAUDIT_DB"*
	mkdir ld-debug
	env LD_AUDIT="$MODULE" LD_DEBUG=bindings,files LD_DEBUG_OUTPUT="$PWD/ld-debug/log" PLUGAUDIT_FLUSH=off \
		PLUGAUDIT_QUIET=1 timeout 30 "$2" --version </dev/null >/dev/null 2>&1
	all_ingested
	if ! lines=$(perl "$TOP/tests/oracle/bindings.pl" "$PLUGAUDIT_DB" "$PWD/ld-debug/log" 2>&1) &&
		{ grep -q '^  - ' <<<"$lines" || ! grep -q '^  + ' <<<"$lines"; }; then
		printf 'not ok %s: bindings\n%s\n' "$1" "$lines"
	elif ! lines=$(plugreport verify --all 2>&1) || ! [[ $lines == *" 0 disagree, 0 undecidable"* ]] ||
		grep -qE '[1-9][0-9,]* (disagree|undecidable)' <<<"$lines"; then
		printf 'not ok %s: verify\n%s\n' "$1" "$lines"
	else
		total=$((total + $(sqlite3 "$PLUGAUDIT_DB" 'SELECT coalesce(sum(bindings), 0) FROM process')))
	fi
}

need perl sqlite3 readelf
total=0
export PLUGAUDIT_DB=$PWD/installed.db
for path in /usr/bin/* /usr/sbin/* /usr/games/*; do
	name=${path##*/}
	if acts "$name" || ! wanted "$name" || ! recordable "$path"; then continue; fi
	options=(--seconds 30)
	case $name in
	# Their calloc, which ld.so calls for any auditor, has no memory yet.
	gvpr) options+=(--against "$NULL_MODULE" --unrecorded --ignore '*: descriptor 3') ;;
	esac
	same "$name" "${options[@]}" "$path" --version </dev/null
	[ "$name" = gvpr ] || bindings "$name" "$path"
done
echo "$total bindings compared with LD_DEBUG, and bound by the model as by ld.so"
