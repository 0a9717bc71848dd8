"""The demo's script, second part: two days of talk that has been dealt with.

The notation is that of `seed_waiting`.
"""
# ruff: noqa: RUF001 - people write in many scripts

from __future__ import annotations

ANSWERED = """
-2835 mira_knits new | @acme my parcel says delivered but there is nothing on the doorstep,
    nothing with the neighbours, nothing in the shed. Order 20114.
+6 mira_knits re1 | @acme and the driver left no card. It was a birthday present, I could cry.
+38 acmehelp re | Oh no, Mira. The driver's photo shows number 16, not 18. We have sent someone
    round and a new box is packed as well.
+22 mira_knits re | number 16 had it behind the bins! Thank you so much for looking.
+5 acmehelp re | Lovely. Keep both boxes, and mind the bins.
+11 mira_knits re | you are the best, thank you!! ☕️❤️

-2790 tomasz_w new | @acme is the Kenyan filter roast suitable for a moka pot or will it be too
    sharp?
+51 acme re | A touch bright, Tomasz. Grind a little coarser than usual, or try Quay No. 4.
+160 tomasz_w re | Makes sense. And does Quay No. 4 come in 250 g?
+33 acme re | It does, both sizes, all year.
+18 tomasz_w re | super, ordered. Thanks!
+6 acme re | Enjoy the first pot!

-2744 deepa_runs new | @acme third Saturday running that the Linden Street toilets are out of
    order. You sell litres of coffee, sort it out please.
+3 deepa_runs re1 | @acme and the sign has said "back soon" since October
+47 acmehelp re | Fair point, Deepa. A plumber was in this morning, they are open again. First
    flat white is on us.
+370 deepa_runs re | Credit where due: open, clean, and soap. Thanks for fixing it.

-2701 rohit_v new | @acme how do I pause my subscription over the holidays? Can't find the button.
+29 acmehelp re | Account, then "Next box", then "Skip". It stays skipped until you say otherwise.
+7 rohit_v re | found it, cheers. Does skipping twice cancel the plan?
+16 acmehelp re | No, skip as often as you like.
+4 rohit_v re | 👍 thank you
+3 acmehelp re | 👍

-2688 pabl0rey new es | @acme ¿hacéis envíos a las Canarias? En la web no me deja poner el código
    postal.
+72 acmehelp re es | ¡Hola Pablo! Sí, desde hoy. Tarda entre 5 y 7 días laborables.
+25 pabl0rey re es | ¡Genial, muchas gracias por la rapidez!
+7 acmehelp re es | ¡A ti, Pablo!

-2652 harlowfamily new | @acme best hot chocolate in town, four out of four Harlows agree
    👩‍👩‍👧‍👦👍🏽
+1 harlowfamily re1 | @acme (the fifth Harlow is a dog and loves the biscuit)
+90 acme re | Framing this. See you all on Sunday?
+12 harlowfamily re | Sunday it is! Love you lot 🥰
+9 acme re | Love you back, all five of you.

-2610 claraonwheels new | @acme the ramp at Harbour Gate was locked away again today. I waited
    outside in the rain for ten minutes. This keeps happening.
+4 claraonwheels re1 | @acme I pay the same for my coffee as everybody else. Why must I ask each
    time?
+19 acme re | That must not happen, Clara. The ramp now lives by the door and the manager checks
    it at opening. I am so sorry.
+44 claraonwheels re | I appreciate the straight answer. I'll be back on Thursday to test it.
+1460 claraonwheels re | @acme update: ramp out, door held, great coffee. Thank you for listening!
+35 acme re | You made our week, Clara.

-2580 grumpy_gareth new | @acme your "large" keeps getting smaller. Measured it. 340 ml, menu
    says 400.
+55 acmehelp re | We had a batch of wrong cups, Gareth, and they are gone now. Half your order is
    back on your card.
+16 grumpy_gareth re | Hm. Fine. Thanks.
+8 acmehelp re | Thank you for measuring, Gareth. We mean it.

-2544 jeanloupb new fr | @acme Ma machine fuit depuis la dernière mise à jour du réservoir, il y
    a de l'eau partout sur le plan de travail. C'est inadmissible.
+5 jeanloupb re1 fr | @acme Numéro de série HP-4471, si cela peut aider. J'attends toujours.
+49 acmehelp re fr | Bonjour Jean-Loup, toutes nos excuses. Un joint neuf part aujourd'hui, et un
    technicien vous appelle demain.
+30 jeanloupb re fr | @acmehelp @acme d'accord, merci pour votre réponse. J'attends l'appel.
+1320 jeanloupb re fr | Réparée ! Merci beaucoup, technicien très aimable.
+15 acmehelp re fr | Avec plaisir, bon café !

-2507 ollie_brews new | @acme dialled in Quay No. 4 at 18 in, 38 out, 28 seconds. Syrupy, cherry,
    absolutely gorgeous. Well done to the roasters.
+63 acme re | The roasters are blushing. Try 19 in next week.
+31 ollie_brews re | 19 in is even better, you wizards. Delicious!
+12 acme re | Wizards is going on the aprons.

# Answered by quoting, not by replying.
-2466 noor_j new | @acme are your cups actually recyclable or is it just the lid? Serious
    question, our school asks.
+3 noor_j re1 | @acme and do we have to rinse them?
+101 acme qt1 | A good question from Noor: cup and lid are both paper with a plant lining, and
    your kerbside collection takes them rinsed.
+20 noor_j re1 | @acme saw your post, thank you for the clear answer!

-2430 dieterkocht new de | @acme Sind die Kaffeekapseln mit Maschinen von 2015 kompatibel?
+58 acmehelp re de | Hallo Dieter, ja, ab Baujahr 2012 passen alle.
+41 dieterkocht re de | Wunderbar, danke für die schnelle Antwort!
+20 acmehelp re de | Sehr gerne, Dieter!

-2402 nightshiftnurse new | @acme whoever decided the hospital kiosk opens at 5:30: thank you.
    You have no idea what that cup means after a night on the ward 🙏
+2 nightshiftnurse re1 | @acme and the porridge. The porridge is wonderful.
+15 acme re | It was Sam, and Sam is crying into the milk jug. Thank you for what you do.
+6 nightshiftnurse re | tell Sam they are a hero 🥲❤️
+4 acme re | Told. There are more tears.

-2371 ritinha_br new pt | @acme o app cobrou meu café duas vezes e o atendente disse que não pode
    fazer nada. Péssimo atendimento!
+2 ritinha_br re1 pt | @acme foi na loja do porto, hoje às 9h, R$ 18 duas vezes
+44 acmehelp re pt | Oi Ritinha, desculpe! O valor em dobro já foi estornado, cai em até 2 dias.
+13 ritinha_br re pt | tá bom, obrigada pela ajuda 💛
+5 acmehelp re pt | Imagina, Ritinha! 💛

-2333 benji_okafor new | @acme do you hire under-18s for the Saturday shift? Asking for a very
    eager niece.
+130 acmehelp re | From 16, Benji, with a parent's letter. The form is at the till or here:
    https://example.com/harbour/jobs
+21 benji_okafor re | she is already writing it. Thanks!
+4 acmehelp re | Tell her good luck from all of us.

-2290 greta_ceramics new | @acme you used MY photo of the blue cup in your newsletter without
    asking or naming me. Not okay.
+8 greta_ceramics re1 | @acme forty of my friends have written to me about it. Awful feeling.
+33 acme re | You are right, Greta, and we are sorry. It is down, and our editor will write today
    with an offer of payment.
+240 greta_ceramics re | @acme she wrote, we agreed. Thank you for handling it properly.
+22 acme re | Thank you for telling us, Greta.

-2212 fergusmac new | @acme the gift card I bought for my mum "has no value" according to your
    shop. I paid £40 for it. Embarrassing at the till.
+2 fergusmac re1 | @acme the number ends in 0093 if that helps, the receipt is useless
+26 acmehelp re | So sorry, Fergus. It was never switched on; it is now, with £10 more for the
    blush.
+17 fergusmac re | mum is delighted, thanks for sorting it
+2 fergusmac re1 | @acme (and she says the staff were lovely about it)

-2170 kenta_run new ja | @acme 桟橋店の新しいラテ、最高でした！ありがとうございます😊
+140 acme re ja | うれしいお言葉をありがとうございます！またお待ちしています。

-2133 lowtidelena new | @acme is the decaf water-processed? My doctor would like to know.
+66 acmehelp re | It is, Lena: Swiss water, no solvents, tested each batch.
+14 lowtidelena re | thank you, that is exactly what I needed
+900 lowtidelena re | @acmehelp @acme one more: how long does an open bag keep?
+52 acmehelp re | Four good weeks, airtight and dark.
+9 lowtidelena re | wonderful, thanks again
+2 acmehelp re | You're welcome, Lena!

-2096 priya_teaches new | @acme ordered 30 class mugs, 11 arrived broken. Photos sent on Monday,
    not a word since. The fair is on Saturday!
+9 priya_teaches re1 | @acme eleven of thirty. The children painted the boxes themselves.
+41 acmehelp re | Priya, your photos went to a wrong inbox. Eleven new mugs leave by van tomorrow
    at 8, and a person will ring you.
+1210 priya_teaches re | @acmehelp @acme van came, mugs whole, children thrilled. Thank you!!

-2011 omar_writes new ar | @acme هل المقهى مفتوح يوم الجمعة بعد الساعة العاشرة مساءً؟
+60 acmehelp re ar | نعم يا عمر، حتى منتصف الليل كل يوم جمعة.
+12 omar_writes re ar | شكراً جزيلاً ❤️
+5 acmehelp re ar | أهلاً بك في أي وقت

-1975 zoe_lines new | @acme your new menu font is unreadable in candlelight. I ordered a soup
    that was a scone.
+40 acme re | A daring soup! Large-print menus are on every table from tonight.
+22 zoe_lines re | ha, thank you. The scone was excellent by the way.

-1902 theadoraq new | @acme I've been a regular for nine years and the barista at Pier Street
    today told me to "hurry up, love". Rude. I left.
+6 theadoraq re1 | @acme I did not hurry up, for the record
+31 acme re | Nine years deserves better, Theadora. I have spoken with the team and would love to
    say sorry in person. Ask for Hamish.
+280 theadoraq re | Hamish was charming, and so was the cake. Thank you, all is forgiven.

# A long post, whole only in the note.
-1866 marlowe_t new | @acme a long one, sorry. I ordered the travel press on the 2nd, was told
    three days, heard nothing for nine, then got an email saying it had been returned to you
    because my address "does not exist". I have lived at it for twenty-two years & so did my
    parents. I wrote twice, rang once, waited forty minutes, and the person said the order
    belonged to somebody in Aberdeen. I am not in Aberdeen. I have never been to Aberdeen. I
    would just like either the press or my £34 back, and ideally an apology that was written by a
    human being.
+52 acmehelp re | A human being here, Marlowe. I am sorry. Your press is on my desk, leaves today
    by hand, and the £34 is refunded too. Please never mention Aberdeen again.
+35 marlowe_t re | That made me laugh out loud. Thank you, human being.

-1833 joaopinheiro new pt | @acme qual é a diferença entre o Cais nº 4 e o blend da casa?
+110 acme re pt | O nº 4 é mais encorpado, João; o da casa tem mais fruta e menos torra.
+16 joaopinheiro re pt | Obrigado! Vou levar os dois 😄
+14 acme re pt | Ótima escolha, João!

-1790 kasia_lodz new | @acme your site has been down all morning, checkout just spins. Some of us
    are trying to give you money.
+4 kasia_lodz re1 | @acme now it says error 502 and my basket is empty. Great.
+24 acmehelp re | It was us, Kasia: a bad update. Back since 10:40, and postage is free today.
+37 kasia_lodz re | works now. Thanks for owning up to it!

# A mention that its author took away again.
-1760 devonwill new | @acme why is my order still "being roasted"?? It has been a week!
+12 devonwill re | @acme never mind, it just came through the letterbox
+1 devonwill rm1 | -
+30 acme re2 | Good timing on both sides, Will. Enjoy!
+4 devonwill re | will do, cheers 🙂
+6 acme re | Come and tell us how it tastes.

-1640 finlay_g new | @acme found a bit of plastic in my cheese toastie, Canal Row, about noon.
    Nearly cracked a tooth.
+2 finlay_g re1 | @acme I kept it, it is a blue shard about a centimetre long. Worrying.
+18 acme re | That is serious, Finlay. We have stopped the batch and our food safety lead is
    writing to you now. I am sorry.
+66 finlay_g re | she called within the hour. Thank you for taking it seriously.
+10 acme re | Thank you for keeping it, Finlay. It helped us find the broken scraper.

-1577 agathe_v new fr | @acme Merci à l'équipe de Pier Street pour votre gentillesse ce matin, un
    vrai rayon de soleil ☀️
+84 acme re fr | Merci à vous, Agathe, à très vite !

-1533 simone_r new | @acme do the gift boxes come with a card I can write myself?
+45 acmehelp re | Yes Simone, blank card and envelope in each.
+11 simone_r re | lovely. And can it arrive without a price on it?
+19 acmehelp re | Always. The slip shows no prices.
+3 simone_r re | amazing, thank you!
+6 acmehelp re | Happy wrapping!

-1490 hollyparcel new | @acme tracking link in your email leads to a page about somebody's boat.
    Where is my order?
+7 hollyparcel re1 | @acme it was meant to be here on Tuesday, still missing
+40 acmehelp re | A wrong link, Holly, sorry! Yours arrives tomorrow before noon:
    https://example.com/harbour/track?id=20877&lang=en
+1180 hollyparcel re | it came, and the boat was nice too. Thanks
+12 acmehelp re | It is a very good boat.

-1441 carlitos_z new es | @acme el mejor cortado de la ciudad, sin duda. ¡Gracias, equipo! 👏🏼
+100 acme re es | ¡Gracias, Carlitos! Te esperamos mañana.

-1402 bex_on_boats new | @acme do you deliver to moorings? Berth 14, the blue one with the dog.
+36 acmehelp re | We do now, Bex. Leave "Berth 14, dog" as the address line.
+290 bex_on_boats re | @acmehelp @acme the dog approves 🐶 thank you
+10 acme re | A good dog knows.

-1366 rowan_ash new | @acme charged for a "service fee" that is nowhere on the menu. £2.50 for
    carrying my own tray?
+3 rowan_ash re1 | @acme the receipt says till 4, Harbour Gate, 13:52
+44 acmehelp re | That fee was a mistake at one till, Rowan. £2.50 is on its way back to you.
+15 rowan_ash re | Thanks, that was painless.
+5 acmehelp re | And sorry again, Rowan.

-1262 sunhee_p new ko | @acme 기계에서 이상한 소리가 나고 물이 새요. 환불 가능한가요? 너무
    실망했어요.
+4 sunhee_p re1 ko | @acme 주문번호는 20933이에요. 빨리 답변 부탁드려요.
+53 acmehelp re ko | 불편을 드려 죄송합니다. 새 기계를 오늘 보내 드리고, 원하시면 환불도 가능합니다.
+17 sunhee_p re ko | 빠른 답변 감사합니다!
+9 acmehelp re ko | 저희가 더 감사합니다.

-1088 pixelpaula new | @acme which of your machines fits under a 38 cm cupboard? The website only
    lists the weight.
+85 acmehelp re | The Tern does, Paula: 35 cm with the lid down.
+230 pixelpaula re | and with the lid up?
+24 acmehelp re | 52 cm. You would need to pull it forward to fill it.
+7 pixelpaula re | good to know, thanks a lot
+5 acmehelp re | Any time, Paula.

-1012 layla_h new ar | @acme القهوة وصلت مطحونة وأنا طلبتها حبوباً كاملة. هذه المرة الثانية!
+3 layla_h re1 ar | @acme رقم الطلب 21043، أرجو الرد
+46 acmehelp re ar | نعتذر منك يا ليلى، سنرسل لك حبوباً كاملة اليوم دون أي تكلفة.
+20 layla_h re ar | شكراً على الرد السريع
+8 acmehelp re ar | على الرحب والسعة

-842 oldtownjo new | @acme the Old Town shop has been shut "for ten minutes" since 8. There are
    eleven of us out here.
+11 oldtownjo re1 | @acme still shut, the queue is now round the corner. What is going on?
+27 acmehelp re | Our opener's train was cancelled, Jo. Someone is there now, and the eleven of
    you drink for free.
+19 oldtownjo re | eleven happy people. Thank you!
+3 rowan_ash re1 | can confirm, @acme, person number seven here. Thanks for the free cup!

-735 wanderingbea new | @acme the rainbow cups are back 🏳️‍🌈 you absolute legends 🇵🇹🇬🇧
+64 acme re | For good this time, Bea.
+2 wanderingbea re | 💜💜💜 love it
+4 acme re | 💜

-561 acme new | Tomorrow from 2 to 4 in the morning the app sleeps while we move it to a new
    home. Cafés and cards are not affected.
+48 rohit_v re1 | will my points survive the move?
+21 acmehelp re | Every single one, Rohit.
+5 rohit_v re | phew, thank you
+3 acmehelp re | Phew indeed.

-365 marlowe_t new | @acme the press arrived. It is beautiful. I take back most of what I said.
+40 acmehelp re | Most is plenty. Enjoy it, Marlowe!

-185 deepa_runs new | @acme the new cardamom bun after a 15k run: perfection. Thank you, Linden
    Street!
"""
