/**
 * The character of a short name as Slack writes it, skin tones included: `+1`, `wave::skin-tone-3`.
 * @returns undefined for a name that is not in the table, such as one of a workspace's own
 */
export function emojiOf(shortName: string): string | undefined {
  const [, name = '', tone] = /^([^:]+)(?:::skin-tone-([2-6]))?$/.exec(shortName) ?? []
  const emoji = emojis.get(name)
  if (emoji === undefined || tone === undefined) return emoji
  // Fitzpatrick's type 1-2 is 🏻 and called tone 2; the modifier stands in the place of a variation selector (UTS #51 §2.4).
  const modifier = String.fromCodePoint(0x1f3fb + Number(tone) - 2)
  return takesTone.test(emoji) ? emoji.replace(takesTone, `$1${modifier}`) : undefined
}

/** The short name that Slack gives a character, or undefined. */
export function shortNameOf(emoji: string): string | undefined {
  return [...emojis].find(([, character]) => character === emoji)?.[0]
}

const takesTone = /^(\p{Emoji_Modifier_Base})\uFE0F?/u

/** Each emoji, fully qualified, before its short names; the first is the one that Slack sends. What people react with most. */
const table = `
👍 +1 thumbsup 👎 -1 thumbsdown 👏 clap 🙌 raised_hands 👌 ok_hand 🙏 pray 💪 muscle 👋 wave ☝️ point_up 👇 point_down
👈 point_left 👉 point_right 👆 point_up_2 ✌️ v 🤞 crossed_fingers hand_with_index_and_middle_fingers_crossed ✊ fist
👊 punch facepunch 🤝 handshake 🤟 i_love_you_hand_sign 🤘 the_horns sign_of_the_horns 🤙 call_me_hand
✋ raised_hand hand 🤗 hugging_face 🫶 heart_hands ✍️ writing_hand 🫡 saluting_face ❤️ heart 🧡 orange_heart
💛 yellow_heart 💚 green_heart 💙 blue_heart 💜 purple_heart 🖤 black_heart 🤍 white_heart 🤎 brown_heart
💔 broken_heart 💕 two_hearts 💖 sparkling_heart 💗 heartpulse 😍 heart_eyes 😘 kissing_heart ✅ white_check_mark
✔️ heavy_check_mark ☑️ ballot_box_with_check ❌ x ✖️ heavy_multiplication_x ❎ negative_squared_cross_mark
➕ heavy_plus_sign ➖ heavy_minus_sign ❓ question ❗ exclamation heavy_exclamation_mark ❔ grey_question
❕ grey_exclamation ‼️ bangbang ⁉️ interrobang ⚠️ warning ⛔ no_entry 🚫 no_entry_sign 🛑 octagonal_sign 🚧 construction
🆘 sos 💯 100 🆕 new 🆗 ok 🆙 up 🆒 cool 🆓 free ℹ️ information_source 1️⃣ one 2️⃣ two 3️⃣ three 4️⃣ four 5️⃣ five
6️⃣ six 7️⃣ seven 8️⃣ eight 9️⃣ nine 0️⃣ zero 🔟 keycap_ten #️⃣ hash 🎉 tada 🎊 confetti_ball 🎈 balloon 🎁 gift
🎂 birthday 🏆 trophy 🎖️ medal 🏅 sports_medal 🥇 first_place_medal 🥈 second_place_medal 🥉 third_place_medal
👑 crown 💎 gem ⭐ star 🌟 star2 ✨ sparkles 💫 dizzy 🔥 fire 💥 boom collision ⚡ zap 🚀 rocket 🌈 rainbow ☀️ sunny
☁️ cloud ☂️ umbrella ❄️ snowflake ☃️ snowman 👀 eyes 👁️ eye 🧠 brain 💬 speech_balloon 💭 thought_balloon 📣 mega
📢 loudspeaker 🔔 bell 🔕 no_bell 🔇 mute 😄 smile 😃 smiley 😀 grinning 😁 grin 😆 laughing satisfied 😅 sweat_smile
😂 joy 🤣 rolling_on_the_floor_laughing 🙂 slightly_smiling_face 🙃 upside_down_face 😉 wink 😊 blush 😇 innocent
🤩 star-struck grinning_face_with_star_eyes 🥳 partying_face 😎 sunglasses 🤓 nerd_face 🤔 thinking_face
🤨 face_with_raised_eyebrow face_with_one_eyebrow_raised 😐 neutral_face 😑 expressionless 😶 no_mouth
🙄 face_with_rolling_eyes 😏 smirk 😬 grimacing 😌 relieved 😔 pensive 😪 sleepy 😴 sleeping 😷 mask
🤒 face_with_thermometer 🤯 exploding_head shocked_face_with_exploding_head 😕 confused 😟 worried
🙁 slightly_frowning_face ☹️ white_frowning_face 😮 open_mouth 😯 hushed 😲 astonished 😳 flushed 🥺 pleading_face
😢 cry 😭 sob 😱 scream 😞 disappointed 😩 weary 😫 tired_face 😡 rage 😠 angry 💀 skull 💩 poop hankey 👻 ghost
👽 alien 🤖 robot_face 🫠 melting_face 😋 yum 😛 stuck_out_tongue 😜 stuck_out_tongue_winking_eye
🤪 zany_face grinning_face_with_one_large_and_one_small_eye 🤑 money_mouth_face
🤫 shushing_face face_with_finger_covering_closed_lips 🤐 zipper_mouth_face 🤥 lying_face 🤤 drooling_face
😰 cold_sweat 😓 sweat 🥱 yawning_face 🥵 hot_face 🥶 cold_face 🧐 face_with_monocle 🤷 shrug 🤷‍♂️ man-shrugging
🤷‍♀️ woman-shrugging 🤦 face_palm 🤦‍♂️ man-facepalming 🤦‍♀️ woman-facepalming 🙇 bow 🙇‍♂️ man-bowing
🙇‍♀️ woman-bowing 🙋 raising_hand 🙆 ok_woman 🙅 no_good 🧑‍💻 technologist 💃 dancer 🕺 man_dancing
🏃 runner running 🚶 walking 🙈 see_no_evil 🙉 hear_no_evil 🙊 speak_no_evil 🔴 red_circle 🟠 large_orange_circle
🟡 large_yellow_circle 🟢 large_green_circle 🔵 large_blue_circle 🟣 large_purple_circle ⚪ white_circle ⚫ black_circle
🟥 large_red_square 🟩 large_green_square ⬜ white_large_square ⬛ black_large_square 🔺 small_red_triangle
🔻 small_red_triangle_down ⬆️ arrow_up ⬇️ arrow_down ⬅️ arrow_left ➡️ arrow_right ▶️ arrow_forward ⏪ rewind
⏩ fast_forward 🔄 arrows_counterclockwise 🔁 repeat ↩️ leftwards_arrow_with_hook 🔙 back 🔜 soon 🔝 top 📆 calendar
📅 date 🗓️ spiral_calendar_pad 🕐 clock1 ⏰ alarm_clock ⏱️ stopwatch ⌛ hourglass ⏳ hourglass_flowing_sand ⌚ watch
📝 memo pencil ✏️ pencil2 📄 page_facing_up 📋 clipboard 🔖 bookmark 📑 bookmark_tabs 🏷️ label 📌 pushpin
📍 round_pushpin 📎 paperclip 🔗 link 🔍 mag 🔎 mag_right 🔒 lock 🔓 unlock 🔑 key 🔨 hammer 🔧 wrench ⚙️ gear
🛠️ hammer_and_wrench 🔩 nut_and_bolt 🧰 toolbox 🐛 bug 📦 package 📥 inbox_tray 📤 outbox_tray ✉️ email envelope
📨 incoming_envelope 📫 mailbox 📞 telephone_receiver ☎️ phone telephone 📱 iphone 💻 computer 🖥️ desktop_computer
🖨️ printer 💾 floppy_disk 📁 file_folder 📂 open_file_folder 🗑️ wastebasket 📈 chart_with_upwards_trend
📉 chart_with_downwards_trend 📊 bar_chart 💰 moneybag 💶 euro 💵 dollar 💳 credit_card 🧾 receipt 🎫 ticket
🛒 shopping_trolley ☕ coffee 🍵 tea 🍺 beer 🍻 beers 🍷 wine_glass 🍾 champagne 🥂 clinking_glasses 🍕 pizza
🍔 hamburger 🍰 cake 🍪 cookie 🍩 doughnut 🍎 apple 🥑 avocado 🍌 banana 🍿 popcorn 🐶 dog 🐱 cat 🐭 mouse 🐻 bear
🐼 panda_face 🐵 monkey_face 🦄 unicorn_face 🐝 bee honeybee 🐜 ant 🦋 butterfly 🐢 turtle 🐌 snail 🐟 fish 🐧 penguin
🐔 chicken 🐘 elephant 🦥 sloth 🦜 parrot 🦅 eagle 🚗 car red_car 🚌 bus 🚋 train ✈️ airplane 🏠 house 🏢 office
🏫 school 🏥 hospital ⚽ soccer 🏀 basketball 🎯 dart 🎵 musical_note 🎸 guitar 🎨 art 📷 camera 🎥 movie_camera
🎬 clapper 🎤 microphone 🎧 headphones 🎮 video_game 🏁 checkered_flag 🚩 triangular_flag_on_post
🏳️ waving_white_flag 🏳️‍🌈 rainbow-flag 🇩🇪 flag-de de 🇦🇹 flag-at 🇨🇭 flag-ch 🇪🇺 flag-eu 🇺🇸 flag-us us
🇬🇧 flag-gb gb uk 🇫🇷 flag-fr fr 🇮🇹 flag-it it 🇪🇸 flag-es es 🇵🇱 flag-pl 🇳🇱 flag-nl 🌍 earth_africa
🌎 earth_americas 🌏 earth_asia 🌐 globe_with_meridians 🌱 seedling 🌿 herb 🍀 four_leaf_clover 🌲 evergreen_tree
🌴 palm_tree 🌻 sunflower 🌹 rose 🌷 tulip 💐 bouquet ♻️ recycle ©️ copyright ®️ registered ™️ tm
`

const emojis = new Map<string, string>()
let emoji = ''
for (const word of table.trim().split(/\s+/)) {
  if (/^[\w+'-]+$/.test(word)) emojis.set(word, emoji)
  else emoji = word
}
