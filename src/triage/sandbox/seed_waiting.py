"""The demo's script, first part: who is still waiting, and who came lately.

One block is one thread. Each line is `WHEN WHO WHAT [LANGUAGE] | TEXT`, longer texts go on in
indented lines. WHEN is `-n`, minutes before now, or `+n`, minutes after the line before. WHAT is
`new`; `re` (to the line before) or `reN` (to line N of the block); `qtN` quotes, `rtN` repeats,
`edN` edits and `rmN` deletes line N. `¶` is a new line.
"""
# ruff: noqa: RUF001 - people write in many scripts

from __future__ import annotations

WAITING = """
# The angry customer: five times in one thread, no answer yet.
-418 grumpy_gareth new | @acme two grinders ordered, one box of filter papers delivered. Not a
    grinder in sight. Explain?
+94 grumpy_gareth re1 | @acme hello? The packing slip says "2 x grinder" and the box weighs less
    than my cat.
+101 grumpy_gareth re1 | @acme Rang your number, 25 minutes of harp music, then it hung up on me.
    This is a joke.
+83 grumpy_gareth re1 | @acme £178 taken from my account for PAPER. I want my money back today.
+96 grumpy_gareth re1 | @acme fifth message. Worst service I have ever had. If nobody answers I
    am going to my bank.

-166 nadia_okoye new | @acme you have charged me twice for the November box, €31 and again €31 an
    hour later. Please refund one of them, rent is due tomorrow.
+64 nadia_okoye re1 | @acme any news on the double charge? Support form just says "error 40".

-93 lucia_mtz new es | @acme el paquete llegó abierto y faltan dos bolsas de café. Ya es la
    segunda vez este mes, ¡qué vergüenza!
+4 lucia_mtz re es | @acme además nadie contesta el correo. Pedido 20981.

-391 msfinchreads new | @acme is the reading room at Pier Street open on Boxing Day, and do I
    need to book a table for six?

-266 yuki_hoshi new ja | @acme 深煎りのデカフェは来月も定期便で選べますか？教えてください。
+3 yuki_hoshi re ja | @acme ちなみに豆のままでお願いしたいです🙏

# Nobody will want to answer this one.
-1612 dealdazzler9 new | @acme @acmehelp boost your brand NOW 🚀🚀 10k real followers, first 500
    free, DM us!! https://example.com/boost?ref=77&x=1

-53 stellacodes new | @acme your app logs me out every single time I open the wallet. Reinstalled
    twice, still broken. My morning queue is not amused.
+9 stellacodes re | @acme phone is up to date, app 7.2.1, and now it says my card "does not
    exist".

-48 hanne_kiel new de | @acme Seit drei Tagen steht mein Paket auf "unterwegs". Keine Antwort auf
    meine Mail. Das ist wirklich enttäuschend.

-217 kettleandclay new | @acme do you still sell the 1 kg refill tins to small studios, and is
    there a trade price? We get through a lot of espresso glazing mugs ☕️
+2 kettleandclay re | @acme (about four tins a month)

-23 dockside_dan new | @acme oat flat white tasted of washing-up liquid this morning, Harbour
    Gate kiosk. Poured it away. Not ok.

-7 anjali_dk new hi | @acme मेरा ऑर्डर कल आना था, अभी तक नहीं पहुँचा। कृपया बताइए कहाँ है? बहुत
    निराश हूँ।
+3 anjali_dk re hi | @acme ऑर्डर नंबर 21177

-34 camille_d new fr | @acme Bonjour, est-ce que le coffret de Noël peut être livré en Belgique
    avant le 20 ? Merci !

-312 tw_archivist new | @acme for the local history group: we have a 1962 photo of your quay
    with the old crane. Happy to send a scan over.

# A third person joins somebody else's answered thread.
-338 bramvl new | @acme the loyalty stamps from Saturday never showed up. Six coffees, zero
    stamps.
+21 acmehelp re | Sorry Bram, the till at Canal Row was offline on Saturday. All six stamps are
    on your card now, plus one from us.
+13 bramvl re | brilliant, thank you so much, that was quick!
+262 petrol_blue re2 | same till, same Saturday, and mine are STILL missing, @acme.
    Nobody told me it was broken. Four coffees gone.

# Text that tries to harm a terminal.
-76 inky_pete new | @acme broken again \x1b[31mRED\x1b[0m \x1b]0;owned\x07 [red]order[/red]
    [link=https://example.com]lost[/link] \u202edesrever\u202c \x00\u0085 still not here, refund
    me

-58 milo_and_mum new | @acme the high chair at Linden Street has a cracked strap. My son nearly
    slid out of it. Please take it away before someone gets hurt.
+2 milo_and_mum ed1 | @acme the high chair at Linden Street has a broken strap. My son nearly
    slid out of it. Please take it away before somebody gets hurt!

# An old "other" that was answered, a new question in the same thread.
-905 ellis_bikes new | @acme I parked a cargo bike outside your roastery and it smells of toast
    for miles
+40 acme re | Best perfume on the canal, Ellis. Come in and smell it from the inside.
+741 ellis_bikes re | @acme ok I might! What time does the roastery close on Fridays?

# Strangers talking under our post: nobody is waiting here.
-1150 acme new | Winter Lantern is back: cocoa, orange peel, a little smoke. In every café from
    tomorrow, online tonight. https://example.com/harbour/winter-lantern #WinterLantern
+17 wanderingbea re1 | finally!!! 🧡 my favourite time of the year
+12 ollie_brews re2 | told you they'd bring it back, you owe me a bag
+8 wanderingbea re3 | fine, fine. Thursday?
+5 ollie_brews re4 | Thursday. Bring the good mugs.
+31 zoe_lines re1 | love this blend so much, thank you for bringing it back
+14 acme re | Save us a sip, Zoë!
+50 vik_t re1 | is Winter Lantern also coming as decaf?
+38 acmehelp re | Yes Viktor, decaf lands on the 3rd, same price.
+9 vik_t re | great, thanks a lot!

# Repeats of our post are no mentions.
-1129 acme new | Our Pier Street café opens its upstairs reading room on Saturday. Bring a book,
    leave a book. First fifty readers get a tote.
+6 msfinchreads rt1 | -
+25 ghostofpier rt1 | -
+44 theadoraq re1 | what a wonderful idea, we need more places like this ❤️
+120 quietmarc re1 | is there a lift to the upstairs room?
+35 acme re | There is, Marc: through the side door on Quay Lane, ring and we open.
+6 quietmarc re | perfect, thank you
"""
