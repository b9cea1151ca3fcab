#!/usr/bin/python3
"""libtorrent as a peer of our tests (Debian: python3-libtorrent): seeds or leeches one torrent, by file or by magnet.

A leech ends by itself when every piece is verified, a seed on SIGTERM; both then print one JSON object. Nothing but
TCP and the tracker of the torrent is in use: no DHT, no local discovery, no encryption.
"""
import argparse
import json
import signal
import sys
import threading

import libtorrent


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["seed", "leech"])
    parser.add_argument("--torrent")
    parser.add_argument("--magnet")
    parser.add_argument("--path", required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--peer", action="append", default=[])
    parser.add_argument("--timeout", type=float, default=120)
    return parser.parse_args()


def open_session(given):
    settings = {name: False for name in ("enable_dht", "enable_lsd", "enable_upnp", "enable_natpmp")}
    settings |= {"enable_outgoing_utp": False, "enable_incoming_utp": False}
    settings |= {"in_enc_policy": 2, "out_enc_policy": 2, "allow_multiple_connections_per_ip": True}
    settings["listen_interfaces"] = f"{given.host}:{given.port}"
    return libtorrent.session(settings)


def add(session, given):
    if given.magnet:
        params = libtorrent.parse_magnet_uri(given.magnet)
    else:
        params = libtorrent.add_torrent_params()
        params.ti = libtorrent.torrent_info(given.torrent)
    params.save_path = given.path
    if given.role == "seed":
        params.flags |= libtorrent.torrent_flags.seed_mode
    handle = session.add_torrent(params)
    for peer in given.peer:
        host, port = peer.rsplit(":", 1)
        handle.connect_peer((host, int(port)))
    return handle


def main():
    given = options()
    session = open_session(given)
    handle = add(session, given)
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    waited = 0.0
    while not over.wait(0.05):
        waited += 0.05
        if given.role == "seed":
            continue
        if handle.status().is_seeding:
            break
        if waited > given.timeout:
            print(json.dumps({"error": "timeout", "progress": handle.status().progress}), flush=True)
            sys.exit(1)
    status = handle.status()
    report = {"version": libtorrent.__version__, "uploadedBytes": status.total_payload_upload}
    print(json.dumps(report | {"bytes": status.total_payload_download}), flush=True)


main()
