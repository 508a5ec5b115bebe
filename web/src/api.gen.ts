// api.gen.ts - made from openapi/openapi.yaml by generate.mjs. Change that, not this.

export interface paths {
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process runs */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The node takes calls */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document as JSON */
        get: operations["getDescription"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the daemon is and where it listens */
        get: operations["getStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End the daemon */
        post: operations["stopNode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The latest lines of the daemon's log, oldest first */
        get: operations["listLogs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a single-use code and the link with which a browser opens the page
         * @description Good once, for ten minutes. What `topo open` asks for. Codes are kept in memory only.
         */
        post: operations["createCode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Trade a code for a token */
        post: operations["createSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The tokens that are good now, without their secrets */
        get: operations["listTokens"];
        put?: never;
        /**
         * Make a token
         * @description The answer is the only place where the token itself is ever shown.
         */
        post: operations["createToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens/{token_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End a token now */
        delete: operations["revokeToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The spaces of this node */
        get: operations["listSpaces"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        /** One space */
        get: operations["getSpace"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workspaces": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Found a workspace */
        post: operations["createWorkspace"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/joins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Join a workspace by an invite link
         * @description The space is there at once, in state `joining`, and becomes `ready` when a member that may admit was reached,
         *     over restarts of the node if need be.
         *
         *     A link of a workspace that the node has a space of makes no second one: that space learns from the link where
         *     the others are, connects, and is the answer, with status 200. While it is still joining, it goes on with this
         *     link; `user_name` is not looked at.
         */
        post: operations["joinWorkspace"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/invites": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a link that lets one more person in */
        post: operations["createInvite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/members": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        /** Who belongs to the workspace, by role, with their devices */
        get: operations["listMembers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/names": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give oneself, or the workspace, another name
         * @description Owners and admins name the workspace. Who is told of it sees the new name everywhere, on old messages too.
         */
        post: operations["setName"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/channels": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        /** The channels, oldest first */
        get: operations["listChannels"];
        put?: never;
        /** Create a public channel */
        post: operations["createChannel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/channels/{channel}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
                /** @description A channel of the space */
                channel: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        /**
         * A page of messages in ascending order
         * @description The newest unless `before` or `after` is given; not both. Cursors stay good while late messages arrive.
         */
        get: operations["listMessages"];
        put?: never;
        /** Send a message; the answer comes when it is on disk */
        post: operations["sendMessage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/messages/{message}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
                /** @description A message of the space */
                message: components["parameters"]["message"];
            };
            cookie?: never;
        };
        /** One message */
        get: operations["getMessage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/messages/{message}/reactions": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
                /** @description A message of the space */
                message: components["parameters"]["message"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * React to a message
         * @description The same emoji by the same user counts once, however often it is added.
         */
        post: operations["addReaction"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/peers": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        /** The other devices, and how they are reached */
        get: operations["listPeers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/peers/addresses": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say where another device is reached, and dial it there at once
         * @description For an address that nobody can tell the node: in a VPN, or of a forwarded port. It is kept until it is removed,
         *     over restarts and whatever the device says of itself: at most four for a device. Without `device` each device
         *     that is not connected is asked for there, a few at a time and once; the one that answers keeps the address, and
         *     listPeers says in `search` what became of it.
         */
        post: operations["addPeerAddress"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/peers/addresses/{address}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Take back an address that was given by hand
         * @description Whoever is connected there stays connected.
         */
        delete: operations["removePeerAddress"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/peers/dial": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Dial at once whoever is not connected
         * @description Whatever failed before. At most 16 devices, chosen by chance when there are more, are dialled although enough
         *     others are connected. What becomes of it is in `connected` and `last_error` of listPeers.
         */
        post: operations["dialPeers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/sync": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        /** How far the space is in step with others */
        get: operations["getSync"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/fingerprint": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        /** A hash over everything shown, and the number of events it follows from */
        get: operations["getFingerprint"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The events of one space as server-sent events
         * @description Begins with `ready` (or with `reset`), then come the events after `since` and then those that happen. An
         *     event's `id` is its cursor, its `event` the type, its `data` an Event. `Last-Event-ID` counts before `since`.
         *     A client that takes the `Topo-Cursor` of its first read and then streams from there misses nothing and
         *     sees nothing twice.
         */
        get: operations["streamEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/ws": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The events of one or several spaces over a WebSocket
         * @description The first message of the client is an EventHello, within ten seconds; over TCP it carries the token. Every message
         *     of the server is an EventBatch. Later messages of the client are EventHellos without a token, which add
         *     subscriptions or replace one to the same space. The socket is closed with 4400 (a message is not what it should
         *     be), 4401 (no good token), 4404 (no such space), 4408 (no hello in time), 4429 (too many messages), or 1001 (the
         *     node stops); before it, a batch with one `problem` event says why.
         */
        get: operations["openEventSocket"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @description 32 bytes as base64url
         * @example qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E
         */
        Id: string;
        /**
         * @description A place in the events of one space. Opaque.
         * @example 5f3a9c1e00d4b7a2.1204
         */
        Cursor: string;
        /** @example Tea house */
        Name: string;
        /**
         * @description Unix milliseconds
         * @example 1764100000000
         */
        Time: number;
        /** @enum {string} */
        Role: "owner" | "admin" | "moderator" | "member" | "guest";
        /**
         * @description read reads, write also writes in spaces, admin also makes spaces and tokens and stops the node
         * @enum {string}
         */
        Scope: "read" | "write" | "admin";
        Health: {
            /** @constant */
            ok: true;
        };
        /** @description RFC 9457 */
        Problem: {
            type: string;
            title: string;
            status: number;
            code: string;
            /** @description A sentence for people */
            detail?: string;
            /** @description The parameter at fault */
            pointer?: string;
            request_id: string;
        };
        /**
         * @description An IP address and a UDP port
         * @example [2001:db8::7]:7443
         */
        Address: string;
        Status: {
            version: string;
            pid: number;
            data_dir: string;
            udp_address: string;
            /** @description Where others may reach this node, as invites say it now; the best comes first */
            addresses: components["schemas"]["Address"][];
            /**
             * @description From how far away somebody has connected to this node since it started: from this computer at most, from
             *     a private network, or from elsewhere. That it has connected to others says nothing of that.
             * @enum {string}
             */
            reached: "nobody" | "network" | "outside";
            /** @description What keeps others from reaching this node; empty when nothing is known to */
            detail: string;
            http_address: string;
            spaces: number;
            started_at_ms: components["schemas"]["Time"];
        };
        LogLine: {
            time_ms: components["schemas"]["Time"];
            /** @enum {string} */
            level: "error" | "warning" | "info" | "debug";
            text: string;
        };
        Code: {
            code: string;
            url: string;
            expires_at_ms: components["schemas"]["Time"];
        };
        Session: {
            token: string;
            scope: components["schemas"]["Scope"];
            expires_at_ms: components["schemas"]["Time"];
        };
        Token: {
            token_id: string;
            name: string;
            scope: components["schemas"]["Scope"];
            space: components["schemas"]["Id"] | null;
            created_at_ms: components["schemas"]["Time"];
            expires_at_ms: components["schemas"]["Time"] | null;
        };
        NewToken: components["schemas"]["Token"] & {
            /** @description Shown once */
            token: string;
        };
        Space: {
            space: components["schemas"]["Id"];
            workspace: components["schemas"]["Id"];
            /** @description Empty while it is not known */
            name: string;
            user_name: string;
            /** @enum {string} */
            state: "joining" | "ready" | "error";
            /** @description Why it is not ready, or how far it judges again after an upgrade; else empty */
            detail: string;
        };
        Invite: {
            invite: components["schemas"]["Id"];
            link: string;
            /** @description Where the link says that this node is reached; when there is none, nobody can join by it from elsewhere */
            addresses: components["schemas"]["Address"][];
            role: components["schemas"]["Role"];
            expires_at_ms: components["schemas"]["Time"];
        };
        Device: {
            device: components["schemas"]["Id"];
            is_me: boolean;
            /** @description The key that founded the workspace */
            recovery: boolean;
        };
        Member: {
            user: components["schemas"]["Id"];
            /** @description Empty while it is not known */
            name: string;
            role: components["schemas"]["Role"];
            is_me: boolean;
            devices: components["schemas"]["Device"][];
        };
        Author: {
            user: components["schemas"]["Id"];
            /** @description Empty while it is not known */
            name: string;
        };
        Channel: {
            channel: components["schemas"]["Id"];
            name: string;
            created_at_ms: components["schemas"]["Time"];
            author: components["schemas"]["Author"];
        };
        ReactionGroup: {
            emoji: string;
            count: number;
            mine: boolean;
            /** @description The first of them */
            users: components["schemas"]["Id"][];
        };
        Message: {
            message: components["schemas"]["Id"];
            channel: components["schemas"]["Id"];
            author: components["schemas"]["Author"];
            text: string;
            sent_at_ms: components["schemas"]["Time"];
            /** @description A cursor for `before` and `after`. Messages of a channel are ordered by it, compared as text. `sent_at_ms` is its time. */
            place: string;
            reactions: components["schemas"]["ReactionGroup"][];
            /** @description As this node's client sent it; only on messages sent here of late */
            idempotency_key?: string;
        };
        MessagePage: {
            items: components["schemas"]["Message"][];
            /** @description Ask with it for what is older; null when the page is empty */
            before: string | null;
            /** @description Ask with it for what is newer */
            after: string | null;
        };
        GivenName: {
            /** @enum {string} */
            of: "user" | "workspace";
            name: string;
        };
        Reaction: {
            reaction: components["schemas"]["Id"];
            message: components["schemas"]["Id"];
            emoji: string;
        };
        Peer: {
            device: components["schemas"]["Id"];
            user_name: string;
            connected: boolean;
            synced: boolean;
            /** @enum {string} */
            direction: "" | "in" | "out";
            address: string;
            /** @description Its addresses that were given by hand */
            given: components["schemas"]["Address"][];
            last_error: string;
        };
        PeerList: {
            items: components["schemas"]["Peer"][];
            search?: components["schemas"]["PeerSearch"];
        };
        /** @description The latest address that was given without a device */
        PeerSearch: {
            address: components["schemas"]["Address"];
            /** @description Devices that it may still be; 0 when the search is over */
            left: number;
            /** @description The one that answered there */
            device?: components["schemas"]["Id"];
            /** @description Why none has answered */
            last_error: string;
        };
        /** @description An IP address and a UDP port in numbers: `192.0.2.7:7443` or `[2001:db8::7]:7443`. Names are not looked up. */
        GivenAddress: string;
        Dialling: {
            /** @description How many devices are dialled now */
            dialling: number;
        };
        Sync: {
            /** @enum {string} */
            state: "synced" | "syncing" | "offline" | "waiting-for-key" | "rebuilding";
            events: number;
            /** @description Waiting for something they refer to */
            held: number;
            /** @description Known of and not here yet */
            wanted: number;
            rejected: number;
            /** @description Members connected */
            peers: number;
            detail: string;
            /** @description While `rebuilding`, how many events have been judged again since an upgrade */
            rebuild?: {
                done: number;
                total: number;
            };
        };
        /**
         * @description What a subscription may name; `message` includes `message.gone` and so on
         * @enum {string}
         */
        EventType: "message" | "channel" | "member" | "workspace" | "space" | "sync" | "peers";
        /** @description What a client sends on the WebSocket */
        EventHello: {
            /** @description First message over TCP only */
            token?: string;
            subscribe?: {
                space: components["schemas"]["Id"];
                since?: components["schemas"]["Cursor"];
                channel?: components["schemas"]["Id"];
                types?: components["schemas"]["EventType"][];
            }[];
            unsubscribe?: components["schemas"]["Id"][];
        };
        /** @description What the server sends in one WebSocket message */
        EventBatch: components["schemas"]["Event"][];
        /**
         * @description Events with a cursor are durable: they come in its order and can be resumed after it. They carry the thing as it
         *     is now, so applying one twice does no harm, and of several changes to one thing only the last may be told.
         *     `space`, `sync` and `peers` have no cursor: they tell the present state, first when the subscription begins.
         */
        Event: components["schemas"]["ReadyEvent"] | components["schemas"]["ResetEvent"] | components["schemas"]["MessageEvent"] | components["schemas"]["MessageGoneEvent"] | components["schemas"]["ChannelEvent"] | components["schemas"]["ChannelGoneEvent"] | components["schemas"]["MemberEvent"] | components["schemas"]["MemberGoneEvent"] | components["schemas"]["WorkspaceEvent"] | components["schemas"]["SpaceEvent"] | components["schemas"]["SyncEvent"] | components["schemas"]["PeersEvent"] | components["schemas"]["ProblemEvent"];
        /** @description The subscription has begun; what follows are the events after this cursor */
        ReadyEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ready";
            space: components["schemas"]["Id"];
            cursor: components["schemas"]["Cursor"];
        };
        /** @description The events after the given cursor are no longer kept; read anew, then go on from this cursor */
        ResetEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "reset";
            space: components["schemas"]["Id"];
            cursor: components["schemas"]["Cursor"];
        };
        /** @description A message is new, or its reactions have changed */
        MessageEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "message";
            space: components["schemas"]["Id"];
            cursor: components["schemas"]["Cursor"];
            data: components["schemas"]["Message"];
        };
        /** @description The message is shown no more */
        MessageGoneEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "message.gone";
            space: components["schemas"]["Id"];
            cursor: components["schemas"]["Cursor"];
            data: {
                message: components["schemas"]["Id"];
            };
        };
        ChannelEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "channel";
            space: components["schemas"]["Id"];
            cursor: components["schemas"]["Cursor"];
            data: components["schemas"]["Channel"];
        };
        ChannelGoneEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "channel.gone";
            space: components["schemas"]["Id"];
            cursor: components["schemas"]["Cursor"];
            data: {
                channel: components["schemas"]["Id"];
            };
        };
        /**
         * @description A member is new or has changed; its name is also that of the author of its messages and channels. When `is_me`
         *     has changed, or goes with a member, this device is another user from now on, which is rare: what is `mine` in
         *     messages is to be read anew.
         */
        MemberEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "member";
            space: components["schemas"]["Id"];
            cursor: components["schemas"]["Cursor"];
            data: components["schemas"]["Member"];
        };
        /** @description No longer a member; still the author, under this name, of its messages and channels */
        MemberGoneEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "member.gone";
            space: components["schemas"]["Id"];
            cursor: components["schemas"]["Cursor"];
            data: components["schemas"]["Author"];
        };
        /** @description The workspace has another name */
        WorkspaceEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "workspace";
            space: components["schemas"]["Id"];
            cursor: components["schemas"]["Cursor"];
            data: {
                workspace: components["schemas"]["Id"];
                name: string;
            };
        };
        SpaceEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "space";
            space: components["schemas"]["Id"];
            data: components["schemas"]["Space"];
        };
        SyncEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "sync";
            space: components["schemas"]["Id"];
            data: components["schemas"]["Sync"];
        };
        PeersEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "peers";
            space: components["schemas"]["Id"];
            data: components["schemas"]["PeerList"];
        };
        /** @description Why the server is about to close the stream */
        ProblemEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "problem";
            data: components["schemas"]["Problem"];
        };
    };
    responses: {
        /** @description Nothing has changed since the ETag */
        NotModified: {
            headers: {
                "Topo-Cursor": components["headers"]["TopoCursor"];
                ETag: components["headers"]["ETag"];
                [name: string]: unknown;
            };
            content?: never;
        };
        /** @description A refusal */
        Problem: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:topo:problem:not-found",
                 *       "title": "There is no such thing here",
                 *       "status": 404,
                 *       "code": "not-found",
                 *       "detail": "this daemon has no such space",
                 *       "request_id": "0123456789abcdef-1"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description A space of this node, named by its device */
        space: components["schemas"]["Id"];
        /** @description A message of the space */
        message: components["schemas"]["Id"];
        /**
         * @description Chosen by the client, unlike any other of the last day. The answer is stored with the write, so a retry, also
         *     after a crash, is answered as the first was and writes nothing. What answers for a space that was made is that
         *     space, as it is by then. The same key with another request is refused with `idempotency-mismatch`. A message
         *     keeps the key as `idempotency_key`.
         */
        IdempotencyKey: string;
        /** @description The ETag of an earlier answer; 304 when nothing has changed since */
        IfNoneMatch: string;
    };
    requestBodies: never;
    headers: {
        /** @description Names this request in the node's log */
        RequestId: string;
        /** @description The event cursor of the moment this answer is of; events after it are those it does not show yet */
        TopoCursor: components["schemas"]["Cursor"];
        /** @description Changes when anything in the space does */
        ETag: string;
        /** @description `true` when the answer was stored by an earlier request with this key */
        IdempotencyReplayed: "true";
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It runs */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ok": true
                     *     }
                     */
                    "application/json": components["schemas"]["Health"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does; while it stops, a problem with status 503 comes instead */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ok": true
                     *     }
                     */
                    "application/json": components["schemas"]["Health"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getDescription: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getStatus: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The daemon */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "version": "0.1.0",
                     *       "pid": 4711,
                     *       "data_dir": "/home/alice/.local/state/topo",
                     *       "udp_address": "[::]:7443",
                     *       "addresses": [
                     *         "192.0.2.7:7443",
                     *         "[2001:db8::7]:7443"
                     *       ],
                     *       "reached": "outside",
                     *       "detail": "",
                     *       "http_address": "127.0.0.1:7444",
                     *       "spaces": 1,
                     *       "started_at_ms": 1764100000000
                     *     }
                     */
                    "application/json": components["schemas"]["Status"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    stopNode: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is stopping */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "stopping": true
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        stopping: true;
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listLogs: {
        parameters: {
            query?: {
                /** @description How many lines at most; 100 unless given */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The lines */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "time_ms": 1764100000000,
                     *           "level": "info",
                     *           "text": "topod is ready"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": {
                        items: components["schemas"]["LogLine"][];
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createCode: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The code */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "3q2-7wAAAAAAAAAAAAAAAA",
                     *       "url": "http://127.0.0.1:7444/#c=3q2-7wAAAAAAAAAAAAAAAA",
                     *       "expires_at_ms": 1764100600000
                     *     }
                     */
                    "application/json": components["schemas"]["Code"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "code": "3q2-7wAAAAAAAAAAAAAAAA"
                 *     }
                 */
                "application/json": {
                    /** @description As the link carries it */
                    code: string;
                };
            };
        };
        responses: {
            /** @description A token of scope admin, good for 30 days */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "token": "topo_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
                     *       "scope": "admin",
                     *       "expires_at_ms": 1766692000000
                     *     }
                     */
                    "application/json": components["schemas"]["Session"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tokens, oldest first */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "token_id": "Zm9vYmFyMTIzNDU2",
                     *           "name": "bot",
                     *           "scope": "write",
                     *           "space": null,
                     *           "created_at_ms": 1764100000000,
                     *           "expires_at_ms": null
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": {
                        items: components["schemas"]["Token"][];
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "bot",
                 *       "scope": "write"
                 *     }
                 */
                "application/json": {
                    /** @description For people */
                    name: string;
                    scope: components["schemas"]["Scope"];
                    /** @description The one space it is good for; any unless given */
                    space?: components["schemas"]["Id"];
                    /** @description Never expires unless given */
                    expires_in_s?: number;
                };
            };
        };
        responses: {
            /** @description The token */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "token_id": "Zm9vYmFyMTIzNDU2",
                     *       "name": "bot",
                     *       "scope": "write",
                     *       "space": null,
                     *       "created_at_ms": 1764100000000,
                     *       "expires_at_ms": null,
                     *       "token": "topo_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
                     *     }
                     */
                    "application/json": components["schemas"]["NewToken"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    revokeToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description As listTokens names it */
                token_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is no longer good */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "revoked": true
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        revoked: true;
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listSpaces: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The spaces, oldest first */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "space": "qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E",
                     *           "workspace": "5xqTzXy0cbLXc2fDyZLrzI3mVnIJHdeSfq3B4jvR1bE",
                     *           "name": "Tea house",
                     *           "user_name": "alice",
                     *           "state": "ready",
                     *           "detail": ""
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": {
                        items: components["schemas"]["Space"][];
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getSpace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The space */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Space"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createWorkspace: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Chosen by the client, unlike any other of the last day. The answer is stored with the write, so a retry, also
                 *     after a crash, is answered as the first was and writes nothing. What answers for a space that was made is that
                 *     space, as it is by then. The same key with another request is refused with `idempotency-mismatch`. A message
                 *     keeps the key as `idempotency_key`.
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Tea house",
                 *       "user_name": "alice"
                 *     }
                 */
                "application/json": {
                    name: components["schemas"]["Name"];
                    user_name: components["schemas"]["Name"];
                };
            };
        };
        responses: {
            /** @description The space in the new workspace */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Space"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    joinWorkspace: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Chosen by the client, unlike any other of the last day. The answer is stored with the write, so a retry, also
                 *     after a crash, is answered as the first was and writes nothing. What answers for a space that was made is that
                 *     space, as it is by then. The same key with another request is refused with `idempotency-mismatch`. A message
                 *     keeps the key as `idempotency_key`.
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "link": "topo://join/AAEC",
                 *       "user_name": "bob",
                 *       "wait_ms": 10000
                 *     }
                 */
                "application/json": {
                    /** @description topo://join/… */
                    link: string;
                    user_name: components["schemas"]["Name"];
                    /** @description How long the answer may wait for the state `ready`; not at all unless given */
                    wait_ms?: number;
                };
            };
        };
        responses: {
            /** @description The space that was there */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Space"];
                };
            };
            /** @description The space */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Space"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createInvite: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Chosen by the client, unlike any other of the last day. The answer is stored with the write, so a retry, also
                 *     after a crash, is answered as the first was and writes nothing. What answers for a space that was made is that
                 *     space, as it is by then. The same key with another request is refused with `idempotency-mismatch`. A message
                 *     keeps the key as `idempotency_key`.
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "role": "member",
                 *       "expires_in_s": 86400
                 *     }
                 */
                "application/json": {
                    role?: components["schemas"]["Role"];
                    /** @description A week unless given */
                    expires_in_s?: number;
                };
            };
        };
        responses: {
            /** @description The invite; the link is a secret */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invite"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listMembers: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of an earlier answer; 304 when nothing has changed since */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The members */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    "Topo-Cursor": components["headers"]["TopoCursor"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Member"][];
                    };
                };
            };
            304: components["responses"]["NotModified"];
            default: components["responses"]["Problem"];
        };
    };
    setName: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Chosen by the client, unlike any other of the last day. The answer is stored with the write, so a retry, also
                 *     after a crash, is answered as the first was and writes nothing. What answers for a space that was made is that
                 *     space, as it is by then. The same key with another request is refused with `idempotency-mismatch`. A message
                 *     keeps the key as `idempotency_key`.
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "of": "user",
                 *       "name": "alice"
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Whose name it is
                     * @enum {string}
                     */
                    of: "user" | "workspace";
                    name: string;
                };
            };
        };
        responses: {
            /** @description The name as it is now */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GivenName"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listChannels: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of an earlier answer; 304 when nothing has changed since */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The channels */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    "Topo-Cursor": components["headers"]["TopoCursor"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Channel"][];
                    };
                };
            };
            304: components["responses"]["NotModified"];
            default: components["responses"]["Problem"];
        };
    };
    createChannel: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Chosen by the client, unlike any other of the last day. The answer is stored with the write, so a retry, also
                 *     after a crash, is answered as the first was and writes nothing. What answers for a space that was made is that
                 *     space, as it is by then. The same key with another request is refused with `idempotency-mismatch`. A message
                 *     keeps the key as `idempotency_key`.
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "kettles"
                 *     }
                 */
                "application/json": {
                    name: components["schemas"]["Name"];
                };
            };
        };
        responses: {
            /** @description The channel */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Channel"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listMessages: {
        parameters: {
            query?: {
                /** @description Messages before this place; `before` of a page */
                before?: string;
                /** @description Messages after this place; `after` of a page */
                after?: string;
                /** @description How many at most; 50 unless given */
                limit?: number;
            };
            header?: {
                /** @description The ETag of an earlier answer; 304 when nothing has changed since */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
                /** @description A channel of the space */
                channel: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    "Topo-Cursor": components["headers"]["TopoCursor"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MessagePage"];
                };
            };
            304: components["responses"]["NotModified"];
            default: components["responses"]["Problem"];
        };
    };
    sendMessage: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Chosen by the client, unlike any other of the last day. The answer is stored with the write, so a retry, also
                 *     after a crash, is answered as the first was and writes nothing. What answers for a space that was made is that
                 *     space, as it is by then. The same key with another request is refused with `idempotency-mismatch`. A message
                 *     keeps the key as `idempotency_key`.
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
                /** @description A channel of the space */
                channel: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "text": "Is the kettle on?"
                 *     }
                 */
                "application/json": {
                    text: string;
                };
            };
        };
        responses: {
            /** @description The message as it now reads */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getMessage: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of an earlier answer; 304 when nothing has changed since */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
                /** @description A message of the space */
                message: components["parameters"]["message"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The message */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    "Topo-Cursor": components["headers"]["TopoCursor"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            304: components["responses"]["NotModified"];
            default: components["responses"]["Problem"];
        };
    };
    addReaction: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Chosen by the client, unlike any other of the last day. The answer is stored with the write, so a retry, also
                 *     after a crash, is answered as the first was and writes nothing. What answers for a space that was made is that
                 *     space, as it is by then. The same key with another request is refused with `idempotency-mismatch`. A message
                 *     keeps the key as `idempotency_key`.
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
                /** @description A message of the space */
                message: components["parameters"]["message"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "emoji": "🫖"
                 *     }
                 */
                "application/json": {
                    emoji: string;
                };
            };
        };
        responses: {
            /** @description The reaction */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reaction"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listPeers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The peers */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PeerList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    addPeerAddress: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "address": "192.0.2.7:7443"
                 *     }
                 */
                "application/json": {
                    address: components["schemas"]["GivenAddress"];
                    /** @description Whose it is */
                    device?: components["schemas"]["Id"];
                };
            };
        };
        responses: {
            /** @description It is being dialled */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "dialling": 1
                     *     }
                     */
                    "application/json": components["schemas"]["Dialling"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    removePeerAddress: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
                /** @description As `given` of listPeers has it */
                address: components["schemas"]["GivenAddress"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is no longer kept */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "address": "192.0.2.7:7443"
                     *     }
                     */
                    "application/json": {
                        address: components["schemas"]["Address"];
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    dialPeers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /** @example {} */
                "application/json": {
                    /** @description This one only */
                    device?: components["schemas"]["Id"];
                };
            };
        };
        responses: {
            /** @description So many devices are being dialled */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "dialling": 3
                     *     }
                     */
                    "application/json": components["schemas"]["Dialling"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getSync: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state of sync */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sync"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getFingerprint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A space of this node, named by its device */
                space: components["parameters"]["space"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Equal on two nodes that hold the same events */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    "Topo-Cursor": components["headers"]["TopoCursor"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        fingerprint: components["schemas"]["Id"];
                        events: number;
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    streamEvents: {
        parameters: {
            query: {
                /** @description Whose events */
                space: components["schemas"]["Id"];
                /** @description A cursor; from now on unless given */
                since?: components["schemas"]["Cursor"];
                /** @description Of messages only those in this channel */
                channel?: components["schemas"]["Id"];
                /** @description Only these types, separated by commas */
                types?: string;
            };
            header?: {
                /** @description What a reconnecting EventSource sends */
                "Last-Event-ID"?: components["schemas"]["Cursor"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    openEventSocket: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The socket is open */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
}
